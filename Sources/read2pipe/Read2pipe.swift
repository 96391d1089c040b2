import ArgumentParser

@main
struct Read2pipe: ParsableCommand {}
