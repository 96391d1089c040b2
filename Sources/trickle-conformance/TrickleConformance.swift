import ArgumentParser

@main
struct TrickleConformance: ParsableCommand {}
