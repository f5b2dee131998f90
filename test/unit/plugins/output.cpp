// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/common/output.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

using tmon::plugins::Descriptor;
using tmon::plugins::LineBuffer;
using tmon::plugins::write_all;

namespace {

struct Pipe {
	Descriptor reader, writer;
	explicit Pipe(int flags) {
		int ends[2];
		BOOST_REQUIRE(::pipe2(ends, flags) == 0);
		reader = Descriptor(ends[0]);
		writer = Descriptor(ends[1]);
	}
};

std::string some_text(std::size_t size) {
	std::string text;
	for (std::size_t i = 0; i < size; ++i)
		text += static_cast<char>('a' + i % 23);
	return text;
}

// Reads `size` bytes in small steps.
std::string read_slowly(int fd, std::size_t size) {
	std::string text;
	char chunk[5000];
	while (text.size() < size) {
		const ssize_t n = ::read(fd, chunk, sizeof chunk);
		if (n > 0)
			text.append(chunk, static_cast<std::size_t>(n));
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			break;
		std::this_thread::sleep_for(std::chrono::microseconds(200));
	}
	return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(plugins_output)

BOOST_AUTO_TEST_CASE(a_full_pipe_is_waited_for) {
	const std::string text = some_text(500'000);
	for (const int flags : {0, O_NONBLOCK}) {
		Pipe pipe(flags);
		std::string received;
		std::thread reader([&] { received = read_slowly(pipe.reader.get(), text.size()); });
		const auto written = write_all(pipe.writer.get(), text);
		reader.join();
		BOOST_TEST(written.error == 0);
		BOOST_TEST(written.bytes == text.size());
		BOOST_TEST((received == text));
	}
}

BOOST_AUTO_TEST_CASE(signals_do_not_cut_a_write) {
	struct sigaction action {};
	action.sa_handler = [](int) {}; // without SA_RESTART
	::sigaction(SIGUSR1, &action, nullptr);
	const std::string text = some_text(500'000);
	Pipe pipe(0);
	std::atomic<bool> done = false;
	const pthread_t self = ::pthread_self();
	std::thread signaller([&] {
		while (!done) {
			::pthread_kill(self, SIGUSR1);
			std::this_thread::sleep_for(std::chrono::microseconds(300));
		}
	});
	std::string received;
	std::thread reader([&] { received = read_slowly(pipe.reader.get(), text.size()); });
	const auto written = write_all(pipe.writer.get(), text);
	done = true;
	signaller.join();
	reader.join();
	BOOST_TEST(written.error == 0);
	BOOST_TEST((received == text));
}

BOOST_AUTO_TEST_CASE(a_pipe_that_nobody_reads_is_given_up) {
	for (const int flags : {0, O_NONBLOCK}) {
		Pipe pipe(flags);
		const auto start = std::chrono::steady_clock::now();
		const auto written = write_all(pipe.writer.get(), some_text(500'000));
		BOOST_TEST(written.error == EAGAIN);
		BOOST_TEST(written.bytes > 0u);
		BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(2)));
	}
}

BOOST_AUTO_TEST_CASE(framing_goes_around_the_lines) {
	LineBuffer lines(16);
	BOOST_TEST(lines.empty());
	lines.append("abc\n");
	BOOST_TEST(lines.framed("\n", "\n]\n") == "\nabc\n\n]\n");
	BOOST_TEST(lines.framed("", "") == "abc\n");
	lines.append(some_text(100)); // more than it was made for
	BOOST_TEST(lines.size() == 104u);
	BOOST_TEST(lines.framed("\n", "") == "\nabc\n" + some_text(100));
	lines.clear();
	BOOST_TEST(lines.framed("", "x") == "x");
}

BOOST_AUTO_TEST_SUITE_END()
