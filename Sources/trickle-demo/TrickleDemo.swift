import ArgumentParser

@main
struct TrickleDemo: ParsableCommand {}
