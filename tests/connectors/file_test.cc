#include "connectors/file/file.h"

#include <gtest/gtest.h>
#include <bzlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <tuple>
#include <utility>

#include "connectors/file/file_reader.h"
#include "connectors/file/file_writer.h"
#include "tests/harness/read_options.h"

namespace weir {
namespace {

/// A folder of its own for the files of a test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-file-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, std::string_view bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  std::string write_gzip(const std::string& name, std::string_view bytes) const {
    gzFile file = gzopen(path(name).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return path(name);
  }

 private:
  std::string path_;
};

std::string zstd_of(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  ZSTD_CCtx* const state = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(state, ZSTD_c_checksumFlag, 1);
  out.resize(ZSTD_compress2(state, out.data(), out.size(), bytes.data(), bytes.size()));
  ZSTD_freeCCtx(state);
  return out;
}

std::string bzip2_of(std::string bytes) {
  std::string out(bytes.size() * 2 + 600, '\0');
  auto size = static_cast<unsigned>(out.size());
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(out.data(), &size, bytes.data(),
                                     static_cast<unsigned>(bytes.size()), 1, 0, 0),
            BZ_OK);
  out.resize(size);
  return out;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> rows_of(FileReader& reader, std::size_t max = 3, std::int64_t from = 0) {
  Signal signal;
  const PartitionOffset position{0, from};
  reader.start({&position, 1}, signal);
  std::vector<std::string> rows;
  std::vector<Record> records;
  for (bool end = false; !end;) {
    records.clear();
    const auto fetched = reader.fetch(0, max, records);
    EXPECT_EQ(fetched.count, records.size());
    EXPECT_LE(fetched.count, max);
    EXPECT_TRUE(fetched.count > 0 || fetched.end);
    for (const Record& record : records) {
      EXPECT_EQ(record.offset, from + static_cast<std::int64_t>(rows.size()));
      EXPECT_EQ(record.timestamp, record.offset);
      EXPECT_FALSE(record.has_key);
      rows.emplace_back(record.value);
    }
    EXPECT_EQ(fetched.next, from + static_cast<std::int64_t>(rows.size()));
    end = fetched.end;
  }
  EXPECT_EQ(reader.end_offset(0), from + static_cast<std::int64_t>(rows.size()));
  return rows;
}

using Texts = std::vector<std::string>;

std::string failure(const std::string& path) {
  try {
    FileReader reader(path);
    rows_of(reader);
  } catch (const LogFailure& error) {
    EXPECT_EQ(error.kind, LogFailure::Kind::refused);
    return error.what();
  }
  return "read";
}

TEST(FileReader, ReadsRowsHoweverTheLinesEnd) {
  const Folder folder;
  for (std::string_view text : {"a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\n1,2\n3,4",
                                "a,b\n1,2\n3,4\n\n", "a,b\r\n1,2\r\n3,4\r\n\r\n\n",
                                "\xef\xbb\xbf"
                                "a,b\n1,2\n3,4\n"}) {
    for (std::size_t max : {1u, 2u, 100u}) {
      FileReader reader(folder.write("t.csv", text));
      EXPECT_EQ(reader.head(), "a,b");
      EXPECT_EQ(rows_of(reader, max), (Texts{"1,2", "3,4"})) << text;
    }
  }
}

TEST(FileReader, KeepsEmptyLinesBetweenRows) {
  const Folder folder;
  for (std::size_t max : {1u, 2u, 100u}) {
    FileReader reader(folder.write("t.ndjson", "\n{}\n\n\n{\"a\":1}\n\n"));
    EXPECT_EQ(rows_of(reader, max), (Texts{"", "{}", "", "", "{\"a\":1}"}));
  }
}

TEST(FileReader, KeepsLineBreaksInsideQuotesOfCsvOnly) {
  const Folder folder;
  const std::string text =
      "a,b\n\"x\ny\",1\n\"q\"\"\n\"\"\",2\n5\" pipe,3\n\"\n\n\",4\nz,\"5\n\"\n";
  FileReader reader(folder.write("t.csv", text));
  EXPECT_EQ(rows_of(reader),
            (Texts{"\"x\ny\",1", "\"q\"\"\n\"\"\",2", "5\" pipe,3", "\"\n\n\",4", "z,\"5\n\""}));
  FileReader json(folder.write("t.json", "{\"a\":\"\n1}\n"));
  EXPECT_EQ(rows_of(json), (Texts{"{\"a\":\"", "1}"}));
}

TEST(FileReader, ReadsManyBlocksPlainAndPacked) {
  const Folder folder;
  std::string text = "n,s\n";
  Texts wanted;
  for (int i = 0; i < 200'000; ++i) {
    std::string row = std::to_string(i) + ",\"";
    row += std::string(static_cast<std::size_t>(i % 37), 'x') + (i % 5 == 0 ? "\n\"" : "\"");
    text += row + "\n";
    wanted.push_back(std::move(row));
  }
  FileReader plain(folder.write("t.csv", text));
  EXPECT_EQ(rows_of(plain, 4096), wanted);
  FileReader packed(folder.write_gzip("t.csv.gz", text));
  EXPECT_EQ(packed.head(), "n,s");
  EXPECT_EQ(rows_of(packed, 4096), wanted);
}

TEST(FileReader, ReadsGzipOfSeveralMembers) {
  const Folder folder;
  const std::string one = bytes_of(folder.write_gzip("1.gz", "{\"a\":1}\n{\"a\""));
  const std::string two = bytes_of(folder.write_gzip("2.gz", ":2}\n"));
  FileReader reader(folder.write("t.ndjson.gz", one + two));
  EXPECT_EQ(rows_of(reader), (Texts{"{\"a\":1}", "{\"a\":2}"}));
}

TEST(FileReader, ReadsZstdAndBzip2OfSeveralParts) {
  const Folder folder;
  std::string text = "n,s\n";
  Texts wanted;
  for (int i = 0; i < 300'000; ++i) {
    wanted.push_back(std::to_string(i) + "," + std::to_string(i * 7919LL % 1'000'003));
    text += wanted.back() + "\n";
  }
  const std::string_view all = text;
  const std::string one(all.substr(0, 1'000'001)), two(all.substr(1'000'001));
  for (const auto& [name, bytes] :
       {std::pair{"t.csv.zst", zstd_of(one) + zstd_of(two)},
        std::pair{"t.csv.bz2", bzip2_of(one) + bzip2_of(two)},
        std::pair{"unnamed", zstd_of(text)}, std::pair{"unnamed2", bzip2_of(text)}}) {
    FileReader reader(folder.write(name, bytes));
    EXPECT_EQ(reader.head(), "n,s");
    EXPECT_EQ(rows_of(reader, 4096), wanted) << name;
  }
  for (const auto& [name, kind, bytes] :
       {std::tuple{"t.csv.zst", "zstd", zstd_of(text)},
        std::tuple{"t.csv.bz2", "bzip2", bzip2_of(text)}}) {
    const std::string path = folder.path(name);
    EXPECT_EQ(failure(folder.write(name, bytes.substr(0, bytes.size() - 1))),
              path + ": is not whole " + kind + " (cut off)");
    std::string broken = bytes;
    for (std::size_t i = broken.size() / 2; i < broken.size() / 2 + 50; ++i) broken[i] ^= 0x55;
    EXPECT_TRUE(failure(folder.write(name, broken)).starts_with(path + ": is not whole ")) << name;
    EXPECT_EQ(failure(folder.write(name, "a,b\n1,2\n")),
              path + ": is not " + kind + ", though its name says so");
  }
}

TEST(FileReader, CutsRowsThatAreTooLongAndGoesOn) {
  const Folder folder;
  const std::string longest(kMaxRowBytes, 'x');
  FileReader reader(folder.write("t.ndjson", "{}\n" + longest + "\n" + longest + "y\n" + longest +
                                                 longest + longest + "\n[]"));
  const Texts rows = rows_of(reader);
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[0], "{}");
  for (std::size_t i : {1u, 2u, 3u}) EXPECT_TRUE(rows[i] == longest) << i;
  EXPECT_EQ(rows[4], "[]");
}

TEST(FileReader, BeginsAtTheRowAskedFor) {
  const Folder folder;
  const std::string path = folder.write("t.csv", "a\n0\n1\n2\n3\n");
  FileReader reader(path);
  EXPECT_EQ(rows_of(reader, 3, 2), (Texts{"2", "3"}));
  FileReader end(path);
  EXPECT_EQ(rows_of(end, 3, 4), Texts{});
  FileReader beyond(path);
  try {
    rows_of(beyond, 3, 5);
    FAIL() << "row 5 of 4";
  } catch (const LogFailure& error) {
    EXPECT_EQ(error.kind, LogFailure::Kind::lost);
  }
}

TEST(FileReader, TellsTheFormatByTheNameElseByTheContent) {
  EXPECT_EQ(format_of_path("a.csv"), "csv");
  EXPECT_EQ(format_of_path("a.ndjson.gz"), "json");
  EXPECT_EQ(format_of_path("a.jsonl"), "json");
  EXPECT_EQ(format_of_path("a.csv.zst"), "csv");
  EXPECT_EQ(format_of_path("a.json.bz2"), "json");
  EXPECT_EQ(format_of_path("-"), std::nullopt);
  const Folder folder;
  EXPECT_EQ(FileReader(folder.write("t", "{}\n")).format(), "json");
  EXPECT_EQ(FileReader(folder.write("t", "a,b\n")).format(), "csv");
  EXPECT_EQ(FileReader(folder.write("t", "{}\n"), "csv").head(), "{}");
}

TEST(FileSource, ReadsAFileInTheFormatThatItWillBeDecodedWith) {
  const Folder folder;
  const auto source = make_file_source();
  EXPECT_EQ(read_options("path: " + folder.write("rows", "{}\n1,2\n"),
                         [&](OptionVisitor& option) { source->describe(option); }),
            Texts{});
  EXPECT_FALSE(source->timed());
  EXPECT_EQ(source->format(), "");
  EXPECT_EQ(source->open_as("csv")->head(), "{}");
  EXPECT_EQ(source->open_as("json")->head(), std::nullopt);
}

TEST(FileReader, SplitsRowsByTheDialectOfTheirCells) {
  const Folder folder;
  const std::string path = folder.write("t.csv", "a;b\n'x\ny';1\nz,\"5;2\n");
  FileReader reader(path, {}, {.separator = ';', .quote = '\''});
  EXPECT_EQ(reader.head(), "a;b");
  EXPECT_EQ(rows_of(reader), (Texts{"'x\ny';1", "z,\"5;2"}));
  const RowForm form{.head = false, .quote = '\0'};
  FileReader bare(folder.write("t.csv", "\"5\" pipe\n\"6\n"), "csv", form);
  EXPECT_EQ(bare.head(), std::nullopt);
  EXPECT_EQ(rows_of(bare), (Texts{"\"5\" pipe", "\"6"}));
}

TEST(FileReader, SaysWhatAFileIsThatItCannotRead) {
  using namespace std::string_view_literals;
  const Folder folder;
  const auto said = [&](const std::string& name, std::string_view bytes) {
    const std::string text = failure(folder.write(name, bytes));
    return text.starts_with(folder.path(name)) ? text.substr(folder.path(name).size() + 2) : text;
  };
  EXPECT_EQ(said("t.csv", "id,a,y\r1,2.5,true\r2,3.5,false\r"),
            "has lines that end with CR alone: `tr '\\r' '\\n'` converts it");
  EXPECT_EQ(said("t.csv", "\"i\rd\",a\n1,2\n"), "read");
  EXPECT_EQ(said("t.csv", "\xff\xfei\0d\0,\0a\0\n\0"sv),
            "is UTF-16: `iconv -f UTF-16 -t UTF-8` converts it");
  EXPECT_EQ(said("t.csv", "i\0d\0,\0a\0\n\0"sv),
            "is UTF-16: `iconv -f UTF-16LE -t UTF-8` converts it");
  EXPECT_EQ(said("t.ndjson", "\0{\0\"\0a\0\""sv),
            "is UTF-16: `iconv -f UTF-16BE -t UTF-8` converts it");
  EXPECT_EQ(said("t.csv", "id,Stra\xdf" "e\n1,2\n"),
            "is not UTF-8 (Latin-1 or Windows-1252?): `iconv -f CP1252 -t UTF-8` converts it");
  EXPECT_EQ(said("t.csv", "PK\x03\x04\x14\0\x06\0"sv),
            "is a zip archive or an Excel workbook: unpack it, or save it as CSV");
  EXPECT_EQ(said("t.csv", "PAR1\x15\x04\x15\x10"sv), "is Parquet, which weir does not read");
  EXPECT_EQ(said("t.json", "[{\"id\":\"1\"},{\"id\":\"2\"}]"),
            "is a JSON array; weir reads one object per line: `jq -c '.[]'` converts it");
  EXPECT_EQ(said("t.json", "\n [\n  {\n"),
            "is a JSON array; weir reads one object per line: `jq -c '.[]'` converts it");
  EXPECT_EQ(said("t.json", "{\r\n  \"id\": 1\r\n}\r\n"),
            "is JSON spread over several lines; weir reads one object per line: `jq -c .` converts "
            "it");
  EXPECT_EQ(said("t.json", "{\"id\":1}\n[1]\n{\n"), "read");  // bad records, no bad file
  EXPECT_EQ(said("t.json", "\0\0\0\0\5{\"id\":\"a\"}\n"sv), "read");  // framed
}

TEST(FileReader, ReadsAnEmptyFile) {
  const Folder folder;
  FileReader reader(folder.write("t.ndjson", ""));
  EXPECT_EQ(rows_of(reader), Texts{});
  EXPECT_EQ(failure(folder.write("t.csv", "")), folder.path("t.csv") + ": has no header line");
}

TEST(FileReader, SaysWhatIsWrongWithAFile) {
  const Folder folder;
  EXPECT_EQ(failure(folder.path("none.csv")),
            folder.path("none.csv") + ": No such file or directory");
  EXPECT_EQ(failure(folder.path("")), folder.path("") + ": is a directory");
  EXPECT_EQ(failure(folder.write("t.csv.gz", "a,b\n1,2\n")),
            folder.path("t.csv.gz") + ": is not gzip, though its name says so");
  std::string text = "a\n";
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919) + "\n";
  const std::string packed = bytes_of(folder.write_gzip("t.csv.gz", text));
  EXPECT_NE(failure(folder.write("t.csv.gz", packed.substr(0, packed.size() / 2)))
                .find("is not whole gzip"),
            std::string::npos);
  std::string broken = packed;
  for (std::size_t i = broken.size() / 2; i < broken.size() / 2 + 50; ++i) broken[i] ^= 0x55;
  EXPECT_NE(failure(folder.write("t.csv.gz", broken)).find("is not whole gzip"), std::string::npos);
}

TEST(FileWriter, WritesPlainAndPackedFilesThatReadBack) {
  const Folder folder;
  Texts wanted;
  for (const char* name : {"t.ndjson", "t.ndjson.gz"}) {
    wanted.clear();
    const auto writer = open_file_writer(folder.path(name));
    for (int i = 0; i < 50'000; ++i) {
      wanted.push_back("{\"n\":" + std::to_string(i) + "}");
      writer->write(wanted.back());
      writer->write("\n");
    }
    writer->close();
    FileReader reader(folder.path(name));
    EXPECT_EQ(rows_of(reader, 4096), wanted) << name;
  }
  EXPECT_LT(std::filesystem::file_size(folder.path("t.ndjson.gz")),
            std::filesystem::file_size(folder.path("t.ndjson")) / 2);
}

TEST(FileWriter, WritesTheSameBytesTwice) {
  const Folder folder;
  for (const char* name : {"a.csv.gz", "b.csv.gz"}) {
    const auto writer = open_file_writer(folder.path(name));
    writer->write("a,b\n1,2\n");
    writer->close();
  }
  EXPECT_EQ(bytes_of(folder.path("a.csv.gz")), bytes_of(folder.path("b.csv.gz")));
}

TEST(FileWriter, KeepsWhatAFileHeldUntilItWritesOrCloses) {
  const Folder folder;
  for (const char* name : {"t.csv", "t.csv.gz"}) {
    const std::string path = folder.write(name, std::string(1000, 'x'));
    open_file_writer(path);
    EXPECT_EQ(bytes_of(path), std::string(1000, 'x')) << name;
    open_file_writer(path)->write("a\n");
    FileReader reader(path);
    EXPECT_EQ(reader.head(), "a") << name;
    EXPECT_EQ(rows_of(reader), Texts{}) << name;
  }
  const std::string path = folder.write("none.csv", "x");
  open_file_writer(path)->close();
  EXPECT_EQ(bytes_of(path), "");
}

TEST(FileWriter, SaysWhatIsWrongWithAFile) {
  const Folder folder;
  try {
    open_file_writer(folder.path("no/such/folder.csv"));
    FAIL() << "opened";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), folder.path("no/such/folder.csv") + ": No such file or directory");
  }
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP();
  const auto writer = open_file_writer("/dev/full");
  writer->write("x");
  EXPECT_THROW(writer->close(), std::runtime_error);
}

}  // namespace
}  // namespace weir
