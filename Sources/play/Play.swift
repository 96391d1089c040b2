import ArgumentParser

@main
struct Play: ParsableCommand {}
