import MPEGTS
import Publishing
import Testing
import TrickleKit

@testable import Restreaming

@Suite struct ConfigurationTests {
    private func channels(_ yaml: String) throws -> [ChannelPlan] {
        try RestreamConfiguration(yaml: yaml, file: "r.yaml", folder: "/etc/").channels
    }

    /// The mistakes as they are told, without the file's name.
    private func mistakes(_ yaml: String) -> [String] {
        do {
            _ = try RestreamConfiguration(yaml: yaml, file: "r.yaml")
            return []
        } catch {
            return error.mistakes.map { mistake in
                #expect("\(mistake)".hasPrefix("r.yaml:\(mistake.line):\(mistake.column): "))
                return "\(mistake)".replacing("r.yaml:", with: "", maxReplacements: 1)
            }
        }
    }

    @Test
    func `a source is a URL, a path, or a mapping with options; a channel is one source, a list, or has settings`()
        throws
    {
        let channels = try channels(
            """
            defaults: {stall: 2s}
            channels:
              one: http://user:secret@host:8080/live.ts?token=abc
              list:
                - tcp://[::1]:7000
                - udp://239.0.0.1:5000
                - udp://10.0.0.1@232.0.0.1:5000
                - rtp://:5004
                - unix:run/cam.sock
                - file:///srv/a.ts
                - clip.ts
              all:
                stall: 500ms
                retry: 1m
                return: 30s
                program: 3
                min-segment: 2s
                max-segment: 0
                target: 4
                sources:
                  - {url: https://host/x, insecure: true, headers: {X-Key: abc}}
                  - {url: 'udp://@239.0.0.2:1', interface: eth1}
                  - {pipe: /tmp/p}
                  - {file: b.ts, loop: yes}
                  - {file: c.ts, realtime: no}
                  - {unix: /run/x}
                  - {command: "ffmpeg -i 'a b' -"}
                  - {command: [./make, a b]}
            """)
        #expect(channels.map(\.name.text) == ["one", "list", "all"])
        #expect(channels[0].sources.map(\.description) == ["http://…@host:8080/live.ts?token=…"])
        #expect(channels[0].settings.stall == .seconds(2))
        #expect(
            channels[1].sources.map(\.kind) == [
                .tcp(NetworkAddress(host: "::1", port: 7000)),
                .udp(DatagramAddress(local: NetworkAddress(host: "239.0.0.1", port: 5000))),
                .udp(DatagramAddress(local: NetworkAddress(host: "232.0.0.1", port: 5000), sender: "10.0.0.1")),
                .udp(DatagramAddress(local: NetworkAddress(host: "", port: 5004))),
                .unixSocket(path: "/etc/run/cam.sock"), .file(path: "/srv/a.ts", isRepeated: false, isPaced: true),
                .path("/etc/clip.ts"),
            ])
        let settings = channels[2].settings
        #expect(settings.stall == .milliseconds(500) && settings.retry == .seconds(60))
        #expect(settings.returnInterval == .seconds(30) && channels[0].settings.returnInterval == nil)
        #expect(settings.segmentation.program == .number(3))
        #expect(settings.segmentation.minimumDuration == .seconds(2) && settings.segmentation.maximumDuration == nil)
        #expect(settings.segmentation.targetDuration == .seconds(4))
        #expect(
            channels[2].sources.map(\.kind) == [
                .http(url: "https://host/x", fields: [.init(name: "X-Key", value: "abc")], isInsecure: true),
                .udp(DatagramAddress(local: NetworkAddress(host: "239.0.0.2", port: 1), interface: "eth1")),
                .pipe(path: "/tmp/p"), .file(path: "/etc/b.ts", isRepeated: true, isPaced: true),
                .file(path: "/etc/c.ts", isRepeated: false, isPaced: false), .unixSocket(path: "/run/x"),
                .command(["ffmpeg", "-i", "a b", "-"], folder: "/etc/"),
                .command(["/etc/./make", "a b"], folder: "/etc/"),
            ])
    }

    @Test func `all mistakes are told at once, each with its place, in the order of the file`() {
        let places = mistakes(
            """
            defaults:
              stall: soon
            channels:
              a: rtsp://cam/1
              b:
                - file: x
                  lop: true
              c: []
            chanels: {}
            """
        ).map { $0.split(separator: " ", maxSplits: 1)[0] }
        #expect(places == ["2:10:", "4:6:", "7:7:", "8:6:", "9:1:"])
    }

    @Test(arguments: [
        ("", "1:1: the file is empty: it has to have 'channels:', 'relay:' or 'access:'"),
        ("channels: [", "this is no YAML"),
        ("a: b: c", "1:5: this is no YAML"),
        ("- a", "1:1: the file has to map names to values: relay, access, defaults, channels"),
        ("defaults: {}", "1:1: 'channels' is missing"),
        ("channels: {}", "1:11: 'channels' has to map names to sources"),
        ("channels: x", "1:11: 'channels' has to map names to sources"),
        ("channels: {a: clip, b: clip, a: clip}", "1:12: 'a' is there twice"),
        ("channels: {_a: clip}", "1:12: names that begin with '_' are the relay's own"),
        ("channels: {a/b: clip}", "1:12: the channel name contains '/'"),
        ("channels: {a: }", "1:12: the channel has no sources"),
        ("channels: {a: ''}", "1:15: a source has to be a text"),
        ("channels: {a: [[b]]}", "1:16: a source has to be a text"),
        ("channels: {a: {stall: 3s}}", "1:12: the channel has no 'sources'"),
        ("channels: {a: {sources: [clip], sall: 3s}}", "1:33: 'sall' is not known here: a channel has sources, stall,"),
        ("channels: {a: {sources: [clip], stall: 0}}", "1:40: 'stall' has to be a time longer than 0"),
        ("channels: {a: {sources: [clip], retry: [1]}}", "1:40: 'retry' has to be a time"),
        ("channels: {a: {sources: [clip], return: never}}", "1:41: 'return' has to be a time longer than 0"),
        ("channels: {a: {sources: [clip], program: 70000}}", "1:42: 'program' has to be the number of a program"),
        ("channels: {a: {sources: [clip], min-segment: 9s, max-segment: 3s}}", "'min-segment' is longer than"),
        ("channels: {a: {file: x, pipe: y}}", "1:15: a source has one of url, pipe, file, unix, command"),
        ("channels: {a: {file: x, loop: maybe}}", "1:31: 'loop' has to be true or false"),
        ("channels: {a: {file: x, loop: true, realtime: false}}", "1:47: a file that is repeated for ever"),
        ("channels: {a: {pipe: x, loop: true}}", "1:25: 'loop' is not known here: 'pipe' has pipe"),
        ("channels: {a: {url: 'tcp://h:1', insecure: true}}", "1:44: 'insecure' goes with http:// and https://"),
        ("channels: {a: {url: 'http://h/', interface: lo}}", "1:45: 'interface' goes with udp://"),
        ("channels: {a: {url: 'http://h/', headers: x}}", "1:43: 'headers' has to map names to values"),
        ("channels: {a: {url: 'http://h/', headers: {'a b': x}}}", "1:44: the header 'a b' has characters"),
        ("channels: {a: {url: clip.ts}}", "1:21: 'clip.ts' is no URL: write 'file: clip.ts' or 'pipe: clip.ts'"),
        ("channels: {a: {command: \"x 'y\"}}", "1:25: 'command' has a quote that is not closed"),
        ("channels: {a: {command: []}}", "1:25: 'command' is empty"),
        ("channels: {a: {command: [x, {y: z}]}}", "1:25: 'command' as a list has to consist of texts"),
        ("channels: {a: tcp://host}", "1:15: 'tcp://host' has to look like tcp://HOST:PORT"),
        ("channels: {a: 'tcp://host:70000'}", "1:15: 'tcp://host:70000' has to look like tcp://HOST:PORT"),
        ("channels: {a: 'udp://239.0.0.1'}", "1:15: 'udp://239.0.0.1' has to look like udp://GROUP:PORT"),
        ("channels: {a: 'http:///x'}", "1:15: 'http:///x' has to look like http://HOST/PATH"),
        ("channels: {a: 'srt://u:p@h:1'}", "1:15: 'srt://' brings no MPEG-TS by itself"),
    ])
    func `each mistake says where it is and what to do`(_ yaml: String, _ message: String) {
        let told = mistakes(yaml)
        #expect(told.count == 1, "\(told)")
        #expect(told.first?.contains(message) == true, "\(told)")
    }

    @Test func `options of the relay have a section of their own, and need no channels`() throws {
        let read = try RestreamConfiguration(yaml: "relay:\n  memory: 2GiB\n  no-page: yes\n", file: "r.yaml")
        #expect(read.channels.isEmpty)
        #expect(
            read.relayOptions == [
                ConfiguredOption(name: "memory", text: "2GiB", line: 2, column: 3),
                ConfiguredOption(name: "no-page", text: "yes", isOn: true, line: 3, column: 3),
            ])
        let both = try RestreamConfiguration(
            yaml: "channels: {a: 'tcp://h:1'}\nrelay: {addr: ':2939'}\n", file: "r.yaml")
        #expect(both.channels.map(\.name.description) == ["a"] && both.relayOptions.map(\.text) == [":2939"])
    }

    @Test func `what is wrong with options is told beside the rest`() {
        for (yaml, place) in [
            ("relay: 5\n", "1:8"), ("relay: {memory: [a]}\n", "1:17"), ("relay: {memory: }\n", "1:17"),
        ] {
            #expect(mistakes(yaml).first?.hasPrefix(place) == true, "\(mistakes(yaml))")
        }
        do {
            _ = try RestreamConfiguration(yaml: "relay: {x: 1, y: 2}\nchannels: {a: x://y}\n", file: "r.yaml") {
                $0.name == "y" ? "no y here" : nil
            }
            Issue.record("mistakes were not told")
        } catch {
            #expect(error.mistakes.map { "\($0.line):\($0.column)" } == ["1:15", "2:15"])
            #expect(error.mistakes.first?.message == "no y here")
        }
    }

    @Test func `no message tells a password`() {
        let told = mistakes("channels: {a: 'srt://user:secret@host:1?passphrase=hidden', b: 'http://me:secret@/x'}")
        #expect(told.count == 2)
        #expect(!told.joined().contains("secret") && !told.joined().contains("hidden"))
    }

    @Test func `channels are the same when the file says the same in other words`() throws {
        let first = try channels("channels: {a: {stall: 10s, sources: ['tcp://h:1']}}")
        let second = try channels("defaults: {}\nchannels:\n  a: tcp://h:1\n")
        #expect(first == second)
        #expect(try channels("channels: {a: 'tcp://h:2'}") != second)
    }
}
