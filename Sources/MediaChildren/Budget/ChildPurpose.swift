/// What a child is run for. Who comes first in this list comes first where places are few.
public enum ChildPurpose: String, CaseIterable, Sendable {
    /// It brings a channel in: without it nobody has anything.
    case publisher
    /// A channel as MP4, for all who watch that.
    case movie
    /// One picture.
    case picture
    /// A channel in another form.
    case transcoding

    /// What such children do, for a message.
    var activity: String {
        switch self {
        case .publisher: "publish channels"
        case .movie: "make MP4"
        case .picture: "decode pictures"
        case .transcoding: "transcode"
        }
    }
}
