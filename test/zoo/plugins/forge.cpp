// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Speaks for its runner: through the page that they share with the host, and through the socket.
#include "acts.hpp"

#include "host/runner/message.hpp"
#include "host/runner/page.hpp"

#include <cstring>
#include <random>

#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace zoo {

namespace {

using tmon::MessageType;
using tmon::RunnerPage;

constexpr int kSocket = 3;

// By its size, among what the runner has received.
RunnerPage* find_page() {
	for (int fd = 4; fd < 64; ++fd) {
		struct stat status;
		if (fstat(fd, &status) != 0 || status.st_size != static_cast<off_t>(sizeof(RunnerPage)))
			continue;
		void* memory = mmap(nullptr, sizeof(RunnerPage), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (memory != MAP_FAILED)
			return static_cast<RunnerPage*>(memory);
	}
	return nullptr;
}

void* beat(void* page) {
	for (;;) {
		static_cast<RunnerPage*>(page)->beats.fetch_add(1);
		usleep(1000);
	}
}

void* go_to_and_fro(void* pointer) {
	auto* page = static_cast<RunnerPage*>(pointer);
	std::mt19937_64 random(1);
	for (;;) {
		for (auto* counter : {&page->delivered, &page->lagged, &page->failed, &page->in_hand, &page->alerts_emitted,
		                      &page->alerts_refused, &page->alerts_delivered, &page->alerts_failed})
			counter->store(random());
		page->cursor[random() % 2].store(random() % 1000);
		page->untold[random() % 2].store(random());
	}
}

void start(void* (*body)(void*), void* argument) {
	pthread_t thread;
	if (pthread_create(&thread, nullptr, body, argument) == 0)
		pthread_detach(thread);
}

void say(MessageType type, int32_t value = 0, const std::string& body = {}) {
	const tmon::MessageHeader header{type, value};
	std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
	bytes += body;
	send(kSocket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void say_everything() {
	std::mt19937 random(1);
	const auto noise = [&](std::size_t size) {
		std::string bytes(size, '\0');
		for (char& byte : bytes)
			byte = static_cast<char>(random());
		return bytes;
	};
	for (int round = 0; round < 20; ++round) {
		for (const MessageType type : {MessageType::loaded, MessageType::ready, MessageType::drained,
		                               MessageType::handed_over, MessageType::reconfigured, MessageType::ended,
		                               MessageType::asleep, MessageType::setup, MessageType::go, MessageType::finish,
		                               static_cast<MessageType>(0xffffffff)})
			for (const std::string& body : {std::string(), noise(100)})
				say(type, round - 10, body);
		say(MessageType::alert_out, 0, noise(60'000));
		say(MessageType::alert_out, 0, std::string(60'000, '\xff'));
		say(MessageType::alert_out, 0, {});
		for (const char* path : {"/etc/shadow", "/proc/self/mem", "", "-"})
			say(MessageType::open, round, path);
		send(kSocket, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		usleep(2000); // so that not all of it is lost in a full queue
	}
}

} // namespace

bool forge(const Animal& animal, const std::string& word) {
	if (word == "messages") {
		say_everything();
		return true;
	}
	if (word == "refuse") {
		say(MessageType::refused, TMON_E_CONFIG, "this is not why");
		return true;
	}
	if (word == "empty_message") // reads like the end of the connection
		return send(kSocket, "", 0, MSG_NOSIGNAL) == 0;
	if (word == "close_socket")
		return close(kSocket) == 0;
	if (word == "shut_socket")
		return shutdown(kSocket, SHUT_RDWR) == 0;
	if (word == "mute")
		return shutdown(kSocket, SHUT_WR) == 0;
	static const char* const words[] = {"cursor_beyond", "cursor_back", "counters", "metrics", "handled",
	                                    "beats",         "to_and_fro",  "batch"};
	bool known = false;
	for (const char* one : words)
		known |= word == one;
	if (!known)
		return false;
	RunnerPage* const page = find_page();
	if (!page) {
		animal.say("finds no page");
		return true;
	}
	if (word == "cursor_beyond") {
		for (uint32_t ring = 0; ring < 64; ++ring)
			page->cursor[ring].store(UINT64_MAX - ring);
	} else if (word == "cursor_back") {
		for (uint32_t ring = 0; ring < 64; ++ring)
			page->cursor[ring].store(0);
	} else if (word == "counters") {
		for (auto* counter : {&page->delivered, &page->lagged, &page->failed, &page->alerts_emitted,
		                      &page->alerts_refused, &page->alerts_delivered, &page->alerts_failed})
			counter->store(UINT64_MAX / 2 + 12345);
	} else if (word == "metrics") {
		std::memset(static_cast<void*>(&page->metrics), 0xa5, sizeof page->metrics);
	} else if (word == "handled") {
		page->handled.store(0x12345678);
		page->call.store(0xdeadbeef);
		page->asleep.store(77);
	} else if (word == "batch") {
		std::memset(static_cast<void*>(&page->batch), 0xa5, sizeof page->batch);
		crash("segfault");
	} else if (word == "to_and_fro") {
		start(go_to_and_fro, page);
	} else { // seems busy, and never comes back
		start(beat, page);
		for (;;)
			pause();
	}
	return true;
}

} // namespace zoo
