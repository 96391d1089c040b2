// Tests look at a relay with the suite's means, too.
@_exported import Conformance
