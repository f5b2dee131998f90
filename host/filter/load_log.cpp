// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/load_log.hpp"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>

namespace tmon {

namespace {

LoadLog* current = nullptr;

std::string last_lines(const std::string& text, std::size_t lines) {
	std::size_t start = text.size();
	while (start > 0 && text[start - 1] == '\n')
		--start;
	const std::size_t end = start;
	for (std::size_t seen = 0; start > 0; --start) {
		if (text[start - 1] == '\n' && ++seen == lines)
			break;
	}
	return text.substr(start, end - start);
}

} // namespace

struct LoadLogPrinter {
	static int print(libbpf_print_level level, const char* format, va_list arguments) {
		if (level == LIBBPF_DEBUG || !current)
			return 0;
		va_list again;
		va_copy(again, arguments);
		const int size = std::vsnprintf(nullptr, 0, format, again);
		va_end(again);
		if (size <= 0)
			return size;
		std::string& text = current->text_;
		const std::size_t old = text.size();
		text.resize(old + static_cast<std::size_t>(size) + 1);
		std::vsnprintf(text.data() + old, static_cast<std::size_t>(size) + 1, format, arguments);
		text.pop_back();
		return size;
	}
};

LoadLog::LoadLog() {
	current = this;
	libbpf_set_print(&LoadLogPrinter::print);
}

LoadLog::~LoadLog() {
	current = nullptr;
}

std::string explain_refusal(const std::string& output, std::size_t lines) {
	const std::size_t begin = output.rfind("-- BEGIN PROG LOAD LOG");
	const std::size_t end = output.rfind("-- END PROG LOAD LOG");
	if (begin == std::string::npos || end == std::string::npos || end < begin)
		return last_lines(output, lines);
	const std::size_t first = output.find('\n', begin);
	if (first == std::string::npos || first >= end)
		return last_lines(output, lines);
	return last_lines(output.substr(first + 1, end - first - 1), lines);
}

} // namespace tmon
