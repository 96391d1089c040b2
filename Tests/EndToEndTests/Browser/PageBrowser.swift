import Foundation
import TrickleTesting

/// A browser that shows a page, whichever it is.
protocol PageBrowser {
    func open(_ page: String) async throws
    /// The value of a JavaScript expression.
    @discardableResult func value(of expression: String) async throws -> Any
    /// Presses keys as a person does.
    func press(_ keys: String) async throws
}

extension PageBrowser {
    func text(of expression: String) async throws -> String { try await value(of: expression) as? String ?? "" }
    func number(of expression: String) async throws -> Double {
        (try await value(of: expression) as? NSNumber)?.doubleValue ?? -1
    }

    /// Asks until the expression is true, or the test's time is up.
    func waits(for expression: String) async throws {
        while try await (value(of: expression) as? NSNumber)?.boolValue != true {
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// The browsers that tests can drive.
enum BrowserKind: String, CaseIterable {
    case chromium, firefox

    static let installed = allCases.filter { $0 == .chromium ? Browser.isInstalled : Firefox.isInstalled }

    /// Runs `body` with a new browser, which is gone when that ends.
    ///
    /// - Parameter downloads: where it saves files.
    func with(downloads: String? = nil, _ body: (any PageBrowser) async throws -> Void) async throws {
        switch self {
        case .chromium: try await Browser.with(downloads: downloads) { try await body($0) }
        case .firefox: try await Firefox.with(downloads: downloads) { try await body($0) }
        }
    }
}
