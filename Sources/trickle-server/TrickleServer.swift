import ArgumentParser

@main
struct TrickleServer: ParsableCommand {}
