/// First in, first out: what is added at the end and taken from the beginning costs the same however much there is.
///
/// What has been taken leaves an empty place, and the places go when they are half of all: each element is moved at most once for
/// each that is taken.
struct PieceQueue<Element: Sendable>: Sendable {
    private var places: [Element?] = []
    private var head = 0
    /// How often an element was moved in memory, because those before it had gone.
    private(set) var moveCount = 0

    var count: Int { places.count - head }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ element: Element) { places.append(element) }

    mutating func popFirst() -> Element? {
        guard head < places.count else { return nil }
        let element = places[head].take()
        head += 1
        if head * 2 >= places.count {
            places.removeFirst(head)
            moveCount += places.count
            head = 0
        }
        return element
    }

    /// The sum of a number for each element.
    func sum(_ number: (Element) -> Int) -> Int {
        places[head...].reduce(0) { $0 + ($1.map(number) ?? 0) }
    }

    /// Changes the element that was added last, in its place.
    ///
    /// - Returns: false when there is none.
    mutating func updateLast(_ change: (inout Element) -> Void) -> Bool {
        guard let last = places.indices.last, last >= head else { return false }
        change(&places[last]!)
        return true
    }
}
