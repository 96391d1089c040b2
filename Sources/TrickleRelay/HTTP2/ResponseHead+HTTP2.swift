import NIOHPACK
import TrickleCore

extension ResponseHead {
    /// The head as HTTP/2 has it (RFC 9113, section 8.3.2).
    func headers(now: HTTPDate, with commonFields: CommonFields) -> HPACKHeaders {
        var headers = HPACKHeaders()
        headers.reserveCapacity(fields.count + 8)
        headers.add(name: ":status", value: status.description, indexing: .indexable)
        headers.add(name: "date", value: now.description, indexing: .indexable)
        for field in commonFields.http2 { headers.add(name: field.name, value: field.value, indexing: .indexable) }
        for field in fields { headers.add(name: field.name.lowercased(), value: field.value, indexing: .indexable) }
        return headers
    }
}
