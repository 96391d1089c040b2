import ArgumentParser

@main
struct PublishFile: ParsableCommand {}
