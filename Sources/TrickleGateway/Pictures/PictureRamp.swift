import MediaChildren
import MediaIndex
import NIOCore
import TrickleCore
import TrickleRelay

/// `GET /NAME/thumbnail.jpg` and `.webp`: the channel's newest picture that stands for itself.
struct PictureRamp: Ramp {
    let indexes: Indexes
    let pictures: Pictures

    var routes: [RampRoute] {
        [("/{channel}/thumbnail.jpg", PictureRequest.Format.jpg), ("/{channel}/thumbnail.webp", .webp)].map {
            (pattern: PathPattern, format) in
            .channel(pattern) { channel, request in await answer(request, PictureRequest(format), channel) }
        }
    }

    private func answer(
        _ request: RampRequest, _ wanted: PictureRequest, _ channel: ChannelName
    ) async -> RampResponse {
        var wanted = wanted
        if let text = request.query["width"] {
            guard let width = Int(text), 16...PictureRequest.maximumWidth ~= width else {
                return .problem(400, "width is a number of pixels, 16 to \(PictureRequest.maximumWidth)")
            }
            wanted = PictureRequest(wanted.format, width: width)
        }
        do {
            return try await picture(request, wanted, channel)
        } catch is ChildRefusal {
            return .problem(503, "too many pictures are wanted; try again", fields: Self.later)
        } catch is CancellationError {
            return .problem(503, "the relay is going down", fields: Self.later)
        } catch is MissingProgram {
            return .problem(501, "no pictures here: ffmpeg is not installed")
        } catch {
            return .problem(503, "no picture of '\(channel)' at the moment: \(error)", fields: Self.later)
        }
    }

    private func picture(
        _ request: RampRequest, _ wanted: PictureRequest, _ channel: ChannelName
    ) async throws -> RampResponse {
        let index: ChannelIndex
        switch indexes.find(channel) {
        case .index(let found, _): index = found
        case .noChannel: return .problem(404, "Stream not found")
        case .noRoom: return .tooManyChannels
        }
        let snapshot = try await index.snapshot()
        guard let source = PictureSource(snapshot, of: index) else {
            let hasVideo = snapshot.segments.contains { $0.contents.program?.video != nil }
            return hasVideo || snapshot.segments.isEmpty
                ? .problem(503, "no picture of '\(channel)' has come yet; try again", fields: Self.later)
                : .problem(404, "the channel '\(channel)' has no video")
        }
        let tag = pictures.tag(of: source, as: wanted)
        var fields = [
            (name: "ETag", value: tag), (name: "Cache-Control", value: "no-cache"),
        ]
        let known = request.field("If-None-Match")?.split(separator: ",").map { $0.filter { !$0.isWhitespace } } ?? []
        if known.contains(where: { $0 == tag || $0 == "W/" + tag || $0 == "*" }) {
            return RampResponse(status: 304, fields: fields, .bytes(ByteBuffer()))
        }
        fields.append((name: "Content-Type", value: wanted.format.contentType))
        let picture = try await pictures.picture(source, as: wanted)
        return RampResponse(fields: fields, .bytes(ByteBuffer(bytes: picture.bytes)))
    }

    private static let later = [(name: "Retry-After", value: "1")]
}
