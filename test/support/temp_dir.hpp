// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tmon::test {

// A directory of its own, removed with all it holds.
class TempDir {
public:
	TempDir() {
		std::string pattern = (std::filesystem::temp_directory_path() / "tmon-test-XXXXXX").string();
		if (mkdtemp(pattern.data()) == nullptr)
			throw std::system_error(errno, std::generic_category(), pattern);
		path_ = pattern;
	}
	~TempDir() {
		std::error_code ignored;
		std::filesystem::remove_all(path_, ignored);
	}
	TempDir(const TempDir&) = delete;
	TempDir& operator=(const TempDir&) = delete;

	const std::filesystem::path& path() const { return path_; }
	std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

	// Writes a file in it and returns its path.
	std::filesystem::path write(const std::filesystem::path& name, const std::string& text) const {
		std::ofstream file(path_ / name, std::ios::binary);
		if (!(file << text).flush())
			throw std::runtime_error("cannot write " + (path_ / name).string());
		return path_ / name;
	}

private:
	std::filesystem::path path_;
};

// A whole file; empty when there is none.
inline std::string read_file(const std::filesystem::path& path) {
	std::ostringstream text;
	if (std::ifstream file(path, std::ios::binary); file)
		text << file.rdbuf();
	return text.str();
}

} // namespace tmon::test
