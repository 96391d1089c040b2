/// When a test that hangs is ended. No test is judged by its pace: the machine may be busy with fifty other things.
public enum TestLimit {
    /// For a whole test, in minutes.
    public static let minutes = 15
    /// For one thing that a test waits for: shorter, so that the test can still say what did not come.
    public static let wait = Duration.seconds(600)
}
