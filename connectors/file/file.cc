#include "connectors/file/file.h"

#include "connectors/file/file_reader.h"

namespace weir {
namespace {

class FileSource final : public SourceSpec {
 public:
  void describe(OptionVisitor& option) override {
    option("path", path_,
           {.doc = "CSV (with a header line) or JSON lines, plain, gzip, zstd or bzip2; - is "
                   "stdin; a name that does not tell the format needs `format:`",
            .required = true,
            .example = "transactions.csv.gz"});
  }
  std::string path() const override { return path_; }
  bool timed() const override { return false; }
  std::unique_ptr<RecordReader> open() const override { return open_as({}, {}); }
  std::unique_ptr<RecordReader> open_as(std::string_view format,
                                        const RowForm& rows) const override {
    return std::make_unique<FileReader>(path_, format, rows);
  }
  std::string_view format() const override { return format_of_path(path_).value_or(""); }

 private:
  std::string path_;
};

class FileSink final : public SinkSpec {
 public:
  void describe(OptionVisitor& option) override {
    option("path", path_,
           {.doc = "the file to write, from its beginning; its name decides on CSV, JSON lines and "
                   "gzip, unless `format` does; - is stdout",
            .required = true,
            .example = "predictions.csv"});
    if (option.reading() && (path_.ends_with(".zst") || path_.ends_with(".bz2")))
      option.fail("path", "cannot end in .zst or .bz2: weir writes plain files and .gz");
  }
  std::string path() const override { return path_; }
  std::string_view format() const override { return format_of_path(path_).value_or(""); }

 private:
  std::string path_;
};

}  // namespace

std::unique_ptr<SourceSpec> make_file_source() { return std::make_unique<FileSource>(); }
std::unique_ptr<SinkSpec> make_file_sink() { return std::make_unique<FileSink>(); }

}  // namespace weir
