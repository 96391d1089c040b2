import CCurl
import CurlShims
import TrickleCore

extension RunningTransfer {
    /// What a result of curl's means to the state machines, and to people.
    func failure(of result: CURLcode, text: String) -> TransferFailure {
        let detail = text.isEmpty ? String(cString: curl_easy_strerror(result)) : text
        switch transfer.request.peer {
        case .relay(let relay): return failure(of: result, detail: detail, relay: relay)
        case .other(let url):
            let error = TrickleError(
                .connectionLost, "cannot read \(url): \(detail)",
                underlying: CurlError(code: Int(result.rawValue), text: detail))
            return TransferFailure(kind: .broken, error: error)
        }
    }

    private func failure(of result: CURLcode, detail: String, relay: RelayURL) -> TransferFailure {
        func failure(_ kind: RequestFailure, _ code: TrickleError.Code, _ message: String) -> TransferFailure {
            TransferFailure(
                kind: kind,
                error: TrickleError(code, message, underlying: CurlError(code: Int(result.rawValue), text: detail)))
        }
        switch result {
        case CURLE_COULDNT_RESOLVE_HOST:
            return failure(
                .unreachable, .relayUnreachable, "there is no host '\(relay.host)': check the spelling of \(relay)")
        case CURLE_COULDNT_RESOLVE_PROXY:
            return failure(
                .unreachable, .relayUnreachable, "the proxy's host is not known: check http_proxy and https_proxy")
        case CURLE_COULDNT_CONNECT:
            return failure(
                .unreachable, .relayUnreachable,
                "no relay answers at \(relay): is trickle-server running there, and is the port right?")
        case CURLE_OPERATION_TIMEDOUT:
            return failure(
                .unreachable, .relayUnreachable,
                "no answer from the relay at \(relay) in time: is the address right, and nothing in between that blocks it?"
            )
        case CURLE_PEER_FAILED_VERIFICATION:
            return failure(.permanent, .certificateRefused, certificateMessage(relay: relay, detail: detail))
        case CURLE_SSL_CACERT_BADFILE:
            let file = transfer.request.configuration.caFile ?? "of the system"
            return failure(
                .permanent, .invalidConfiguration,
                "the file of certificate authorities \(file) cannot be read: check its path, and that it is PEM")
        case CURLE_SSL_CONNECT_ERROR:
            return failure(
                .permanent, .notARelay, "\(relay) does not speak TLS as expected (\(detail)): is it an http:// address?"
            )
        case CURLE_GOT_NOTHING where relay.description.hasPrefix("http://"):
            // Whatever wants TLS has no words for those who come without.
            return failure(
                .broken, .connectionLost,
                "the connection to the relay at \(relay) broke before an answer (\(detail)): is it an https:// address?"
            )
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2, CURLE_URL_MALFORMAT:
            return failure(
                .permanent, .notARelay, "\(relay) does not answer in HTTP (\(detail)): is it an https:// address?")
        default:
            return failure(.broken, .connectionLost, "the connection to the relay at \(relay) broke (\(detail))")
        }
    }

    private func certificateMessage(relay: RelayURL, detail: String) -> String {
        var verification = 0
        curl_shim_getinfo_long(easy, CURLINFO_SSL_VERIFYRESULT, &verification)
        // OpenSSL's numbers (X509_V_ERR_*). With 0 or 1 the chain of certificates was not what failed, so the name was wrong.
        switch verification {
        case 0, 1: return "the certificate of \(relay) is not for the host '\(relay.host)': use the name that it is for"
        case 10: return "the certificate of \(relay) has expired: renew it on the relay"
        default:
            return
                "the certificate of \(relay) is not trusted (\(detail)): name its authority with a CA file (--ca-file), or accept any certificate where nobody else can listen (--insecure)"
        }
    }
}

extension TransferRequest.Peer: CustomStringConvertible {
    var description: String {
        switch self {
        case .relay(let relay): "the relay at \(relay)"
        case .other(let url): "the server of \(url)"
        }
    }
}

/// What libcurl itself says about a failed transfer.
public struct CurlError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A `CURLcode`.
    public let code: Int
    public let text: String

    public var description: String { "libcurl error \(code): \(text)" }
}
