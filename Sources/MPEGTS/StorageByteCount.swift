// What a value takes of memory besides its own fields, in bytes and at most: for whoever has to answer for the memory of many.

extension Array {
    /// Its buffer, without what the elements keep elsewhere.
    var storageByteCount: Int { capacity == 0 ? 0 : 48 + capacity * MemoryLayout<Element>.stride }
}

extension SegmentContents {
    /// What it takes of memory besides its own fields, in bytes; what it may share with others counts as its own.
    public var storageByteCount: Int {
        var count = tablePackets.storageByteCount + randomAccessPoints.storageByteCount
        if firstCounters.capacity > 0 { count += 64 + firstCounters.capacity * 5 }
        if let program { count += program.streams.storageByteCount }
        return count
    }

    /// Forgets where its random access points are and what a viewer needs to begin there.
    public mutating func forgetPlaces() {
        tablePackets = []
        firstCounters = [:]
        randomAccessPoints = []
    }
}
