import MPEGTS
import Testing
import TrickleTesting

@Suite("Segments that stand alone")
struct StandaloneSegmentTests {
    private let map = [TSBuilder.Stream(0x1B, 0x100), TSBuilder.Stream(0x0F, 0x101)]

    @Test("A run of tables directly before a random access point moves to the new segment, and nothing is repeated")
    func tablesMove() throws {
        let stream = videoStream()
        let recording = try expectSegments(stream)
        #expect(recording.bytes == stream.bytes)
        #expect(recording.segments.allSatisfy { $0.pids.prefix(3) == [.pat, 0x1000, 0x100] })
    }

    @Test("Where no tables stand before a random access point, the last ones are repeated")
    func tablesAreRepeated() throws {
        let stream = videoStream(tablesEvery: 1000)
        let recording = try expectSegments(stream)
        #expect(recording.segments.count == 4)
        #expect(recording.segments.allSatisfy { $0.pids.prefix(3) == [.pat, 0x1000, 0x100] })
        #expect(recording.bytes.count == stream.bytes.count + 6 * 188)
    }

    @Test("Tables that come later are renumbered, so that the counters go on over the repeated ones")
    func tablesAreRenumbered() throws {
        let recording = try expectSegments(videoStream(groupCount: 40, groupLength: 5, tablesEvery: 3))
        #expect(recording.segments.count == 40)
        #expect(TSComparison.continuityErrors(recording.bytes) == [:])
    }

    @Test("A program map that spans packets moves, or is repeated, as a whole", arguments: [5, 10, 1000])
    func longMap(tablesEvery: Int) throws {
        var stream = TSBuilder()
        for index in 0..<30 {
            if index % tablesEvery == 0 {
                stream.pat()
                stream.pmt(map, padding: 500)
            }
            stream.pes(TestPicture.h264(index % 10 == 0 ? .idr : .ordinary), pts: Int64(index) * 3600)
        }
        let recording = try expectSegments(stream)
        #expect(
            recording.segments.map { Array($0.pids.prefix(5)) }
                == Array(repeating: [.pat, 0x1000, 0x1000, 0x1000, 0x100], count: 3))
    }

    @Test("A program map whose packets stand among others is repeated as a whole")
    func interleavedMap() throws {
        var stream = TSBuilder()
        var tables = TSBuilder()
        for index in 0..<30 {
            // One packet of the tables before each picture: association, then three of the map.
            if index % 4 == 0 { tables.bytes = [] }
            if index % 4 == 0 {
                tables.pat()
                tables.pmt(map, padding: 500)
            }
            stream.raw(tables.packets[index % 4])
            stream.pes(TestPicture.h264(index % 7 == 0 ? .idr : .ordinary), pts: Int64(index) * 3600)
        }
        let recording = try expectSegments(stream)
        #expect(recording.segments.count == 5)
        #expect(recording.segmentsWithoutTables() == [])
    }

    @Test("Tables that others stand between are not taken for a whole set")
    func brokenRun() throws {
        var stream = TSBuilder()
        for index in 0..<12 {
            if index % 4 == 0 {
                stream.pat()
                stream.null()
                stream.pmt(map)
            }
            stream.pes(TestPicture.h264(index % 4 == 0 ? .idr : .ordinary), pts: Int64(index) * 3600)
        }
        let recording = try expectSegments(stream)
        #expect(
            recording.segments.map { Array($0.pids.prefix(4)) }
                == Array(repeating: [.pat, 0x1000, 0x1000, 0x100], count: 3))
    }

    @Test("A random access point that comes before the first program map is not lost")
    func randomAccessPointBeforeTables() throws {
        var stream = TSBuilder()
        for index in 0..<20 {
            if index == 5 {
                stream.pat()
                stream.pmt(map)
            }
            stream.pes(TestPicture.h264(index % 10 == 0 ? .idr : .ordinary), pts: Int64(index) * 3600)
        }
        let recording = try expectSegments(stream)
        #expect(recording.segments.count == 2)
        #expect(recording.segmentsWithoutTables() == [])
        #expect(TSComparison.continuityErrors(recording.bytes) == [:])
    }

    @Test("A new version of the program map begins a segment, which begins with it")
    func tableChange() throws {
        var stream = videoStream(groupCount: 2)
        for index in 20..<40 {
            if index == 25 {
                stream.pat()
                stream.pmt(map + [.init(0x86, 0x102)], version: 1)
            }
            stream.pes(TestPicture.h264(index == 30 ? .idr : .ordinary), pts: 900_000 + Int64(index) * 3600)
        }
        let recording = try expectSegments(stream)
        let idr = SegmentStart.Reason.randomAccessPoint(.idr)
        #expect(recording.reasons == [idr, idr, .tableChange, idr])
        #expect(recording.segmentsWithoutTables() == [])
    }

    @Test("A new version of the program map directly before a random access point begins one segment with it")
    func tableChangeAtRandomAccessPoint() throws {
        var stream = videoStream(groupCount: 2)
        stream.pat()
        stream.pmt([.init(0x24, 0x200)], version: 1)
        for index in 0..<10 {
            stream.pes(TestPicture.hevc(index == 0 ? 19 : 1), pid: 0x200, pts: 972_000 + Int64(index) * 3600)
        }
        let recording = try expectSegments(stream)
        #expect(recording.reasons == Array(repeating: .randomAccessPoint(.idr), count: 3))
        #expect(recording.segments.last?.pids.prefix(3) == [.pat, 0x1000, 0x200])
    }

    @Test("Parameter sets that came only once are repeated before each random access point", arguments: [true, false])
    func parameterSets(hasTables: Bool) throws {
        let stream = videoStream(
            tablesEvery: hasTables ? nil : 1000,
            picture: {
                TestPicture.h264($1 ? .idr : .ordinary, hasParameterSets: $0 == 0)
            })
        let recording = try expectSegments(stream, tablePIDs: [.pat, 0x1000, 0x100])
        #expect(recording.segments.count == 4)
        #expect(recording.notices == [.missingParameterSets])
        for segment in recording.segments {
            // Tables, one packet with the parameter sets, the picture.
            let packet = segment.bytes[376..<564]
            #expect(
                packet.suffix(TestPicture.h264ParameterSets.count).elementsEqual(TestPicture.h264ParameterSets)
                    || segment.start.index == 0)
        }
    }

    @Test("HEVC parameter sets that came only once are repeated")
    func hevcParameterSets() throws {
        let sets = TestPicture.hevc(19, size: 10).dropFirst(7).dropLast(16)
        let stream = videoStream(
            streamType: 0x24,
            picture: { index, isFirst in
                let unit = TestPicture.hevc(isFirst ? 19 : 1)
                return index == 0 || !isFirst ? unit : Array(unit.prefix(7)) + Array(unit.dropFirst(7 + sets.count))
            })
        let recording = try expectSegments(stream, tablePIDs: [.pat, 0x1000, 0x100])
        #expect(recording.segments.count == 4)
        #expect(recording.notices == [.missingParameterSets])
        #expect(
            recording.segments.dropFirst().allSatisfy { $0.bytes[376..<564].suffix(sets.count).elementsEqual(sets) })
    }

    @Test("The second field of a random access point begins no segment")
    func fields() throws {
        let stream = videoStream(
            groupLength: 10,
            picture: { index, _ in
                TestPicture.h264Field(
                    frameNumber: index % 10 / 2, isBottom: index % 2 == 1, isAnnounced: index % 10 < 2)
            })
        let recording = try expectSegments(stream)
        #expect(recording.reasons == Array(repeating: .randomAccessPoint(.recoveryPoint), count: 4))
    }

    @Test("Tables with a current_next_indicator of 0 change nothing", arguments: [PID(0x1000), .pat])
    func tablesToCome(pid: PID) throws {
        var stream = videoStream(groupCount: 1)
        var section =
            pid == .pat
            ? TSBuilder.section(tableID: 0, number: 1, version: 3, body: [0, 1, 0xE3, 0])
            : TSBuilder.map([.init(0x24, 0x300)], version: 3)
        section[5] &= 0xFE
        let checksum = CRC32.checksum(section.dropLast(4))
        section.replaceSubrange(
            section.count - 4..<section.count, with: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: checksum >> $0) })
        stream.section(section, pid: pid)
        stream.pes(TestPicture.h264(.idr), pts: 990_000)
        let recording = try expectSegments(stream)
        #expect(recording.reasons == Array(repeating: .randomAccessPoint(.idr), count: 2))
        #expect(recording.notices == [])
    }
}
