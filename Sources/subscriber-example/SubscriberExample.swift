import ArgumentParser

@main
struct SubscriberExample: ParsableCommand {}
