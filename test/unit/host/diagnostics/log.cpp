// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/diagnostics/log.hpp"

#include "host/system/fd.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <sstream>
#include <thread>

namespace {

using namespace tmon;

BOOST_AUTO_TEST_CASE(a_foreign_text_stays_on_its_line) {
	BOOST_TEST(printable("plain \xe2\x82\xac text") == "plain \xe2\x82\xac text");
	BOOST_TEST(printable("two\nlines\r\t") == "two\\x0alines\\x0d\\x09");
	BOOST_TEST(printable("\x1b[31mred\x7f") == "\\x1b[31mred\\x7f");
	BOOST_TEST(printable("\xc2\x9b" "2J \xc3\x9b \xc2\xa0") == "\\xc2\\x9b" "2J \xc3\x9b \xc2\xa0"); // CSI, a letter, a space
	BOOST_TEST(printable("\xff\xe2\x82" "a\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xc3") ==
	           "\\xff\\xe2\\x82" "a\\xc0\\xaf\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80\\xc3"); // no UTF-8
	BOOST_TEST(printable("\xf0\x9f\x98\x80\xef\xbf\xbd") == "\xf0\x9f\x98\x80\xef\xbf\xbd");
	BOOST_TEST(printable(std::string_view("a\0b", 3)) == "a\\x00b");
	BOOST_TEST(printable("").empty());
}

BOOST_AUTO_TEST_CASE(debug_lines_are_for_the_verbose) {
	for (const bool verbose : {false, true}) {
		std::ostringstream caught;
		std::streambuf* const old = std::clog.rdbuf(caught.rdbuf());
		start_log(verbose);
		log_debug("detail");
		log_error("trouble");
		std::clog.rdbuf(old);
		BOOST_TEST((caught.str().find(" debug: detail\n") != std::string::npos) == verbose);
		BOOST_TEST(caught.str().find("Z error: trouble\n") != std::string::npos);
	}
}

// A plugin that shares standard error with us can have made it so.
BOOST_AUTO_TEST_CASE(a_write_that_fails_is_not_the_last) {
	signal(SIGPIPE, SIG_IGN);
	const Fd before(dup(STDERR_FILENO));
	const auto read_all = [](int from) {
		std::string text;
		char bytes[65536];
		for (ssize_t size; (size = read(from, bytes, sizeof bytes)) > 0;)
			text.append(bytes, static_cast<std::size_t>(size));
		return text;
	};
	const auto pipe_as_standard_error = [](Fd& reader) {
		int ends[2];
		BOOST_REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
		reader = Fd(ends[0]);
		const Fd writer(ends[1]);
		dup2(writer.get(), STDERR_FILENO);
	};

	start_log(false);
	Fd reader;
	pipe_as_standard_error(reader);
	fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
	std::string text;
	std::thread late([&] { text = read_all(reader.get()); });
	constexpr int lines = 20000; // more than any pipe holds
	for (int i = 0; i < lines; ++i)
		log_error("line " + std::to_string(i));
	dup2(before.get(), STDERR_FILENO);
	late.join();
	BOOST_TEST(std::count(text.begin(), text.end(), '\n') == lines);
	BOOST_TEST(text.ends_with("line " + std::to_string(lines - 1) + "\n"));

	// Nobody reads, and nobody is held up; what could not be said is counted.
	pipe_as_standard_error(reader);
	const auto start = std::chrono::steady_clock::now();
	for (int i = 0; i < lines; ++i)
		log_error("line " + std::to_string(i));
	BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(5)));
	fcntl(reader.get(), F_SETFL, O_NONBLOCK);
	text = read_all(reader.get());
	const auto kept = std::count(text.begin(), text.end(), '\n');
	log_error("somebody reads again");
	const std::string rest = read_all(reader.get());
	BOOST_TEST(rest.find("\n" + std::to_string(lines - kept) + " lines found nobody to read them\n") != std::string::npos, rest);
	BOOST_TEST(rest.ends_with("error: somebody reads again\n"));

	pipe_as_standard_error(reader);
	reader.reset();
	log_error("nobody reads this");
	pipe_as_standard_error(reader);
	log_error("but this");
	dup2(before.get(), STDERR_FILENO);
	BOOST_TEST(read_all(reader.get()).ends_with("error: but this\n"));
}

} // namespace
