@_exported import TrickleCore
