// SPDX-License-Identifier: MIT OR Apache-2.0
#include "acts.hpp"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <pthread.h>
#include <time.h>
#include <unistd.h>

namespace zoo {

namespace {

[[gnu::noinline]] int overflow_stack(volatile char* from) {
	volatile char frame[4096];
	frame[0] = from ? from[0] : '\0';
	return overflow_stack(frame) + frame[0];
}

void nap(long milliseconds) {
	const timespec time{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
	nanosleep(&time, nullptr);
}

[[noreturn]] void wait_for_ever() {
	for (;;)
		pause();
}

void* sleeper(void*) { wait_for_ever(); }

bool start_thread(void* (*body)(void*), void* argument) {
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, 64 * 1024);
	pthread_t thread;
	const bool started = pthread_create(&thread, &attributes, body, argument) == 0;
	pthread_attr_destroy(&attributes);
	return started;
}

tmon_alert an_alert() {
	tmon_alert alert{};
	alert.size = sizeof alert;
	alert.rule = {"zoo", 3};
	alert.message = {"from the zoo", 12};
	alert.severity = TMON_SEVERITY_LOW;
	alert.ip_version = 4;
	return alert;
}

// Uses every service, again and again.
void* use_services(void* pointer) {
	const auto* host = static_cast<const tmon_host*>(pointer);
	for (int i = 0; i < 2000; ++i) {
		const tmon_alert alert = an_alert();
		int32_t descriptor = -1;
		uint32_t metric = 0;
		const tmon_metric definition{sizeof definition, TMON_METRIC_COUNTER, {"zoo", 3}, {"", 0}, nullptr, 0, 0};
		host->log(host->context, TMON_LOG_DEBUG, {"still here", 10});
		host->fail(host->context, TMON_E_INTERNAL, {"still here", 10});
		if (i % 100 == 0)
			host->emit_alert(host->context, &alert);
		host->metric_define(host->context, &definition, &metric);
		host->metric_record(host->context, metric, 1);
		host->open(host->context, {"-", 1}, TMON_OPEN_APPEND, &descriptor);
		host->interface_name(host->context, 1);
		host->stop_requested(host->context);
		nap(1);
	}
	return nullptr;
}

void* misuse_serial(void* pointer) {
	const auto& animal = *static_cast<const Animal*>(pointer);
	int32_t descriptor = -1;
	const int32_t status = animal.host->open(animal.host->context, {"-", 1}, TMON_OPEN_APPEND, &descriptor);
	const tmon_str name = animal.host->interface_name(animal.host->context, 1);
	animal.say("from a thread: open gave " + std::to_string(status) + ", interface_name " + std::to_string(name.size));
	return nullptr;
}

} // namespace

bool crash(const std::string& word) {
	for (const int number : {SIGSEGV, SIGABRT, SIGBUS})
		std::signal(number, SIG_DFL); // a sanitizer would catch them
	if (word == "escape")
		throw std::runtime_error("it got out");
	if (word == "segfault")
		raise(SIGSEGV);
	else if (word == "abort")
		std::abort();
	else if (word == "exit")
		std::exit(0);
	else if (word == "_exit")
		_exit(0);
	else if (word == "stack_overflow")
		overflow_stack(nullptr);
	else if (word == "stop")
		kill(getpid(), SIGSTOP);
	else if (word == "hang")
		wait_for_ever();
	else if (word == "spin")
		for (volatile bool on = true; on;)
			;
	else if (word == "leak")
		for (;;)
			std::memset(new char[1 << 20], 1, 1 << 20);
	else
		return false;
	return true;
}

bool flood(const Animal& animal, const std::string& word) {
	const tmon_host& host = *animal.host;
	if (word == "alert" || word == "alert_flood") {
		const tmon_alert alert = an_alert();
		uint64_t accepted = 0, refused = 0;
		for (int i = 0; i < (word == "alert" ? 1 : 100'000); ++i)
			++(host.emit_alert(host.context, &alert) == TMON_OK ? accepted : refused);
		animal.say("alerts: " + std::to_string(accepted) + " accepted, " + std::to_string(refused) + " refused");
	} else if (word == "log_flood") {
		for (int i = 0; i < 100'000; ++i)
			animal.say("line " + std::to_string(i) + std::string(200, 'x'));
	} else if (word == "output_flood") {
		const std::string text(64 * 1024, 'o');
		for (int i = 0; i < 64; ++i)
			(void)!write(i % 2 ? STDOUT_FILENO : STDERR_FILENO, text.data(), text.size());
	} else if (word == "threads") {
		int started = 0;
		while (started < 2000 && start_thread(sleeper, nullptr))
			++started;
		animal.say("threads: " + std::to_string(started) + " could be started");
	} else if (word == "thread_left") {
		start_thread(use_services, const_cast<tmon_host*>(animal.host));
	} else if (word == "serial_misuse") {
		static Animal copy = animal; // outlives the call
		start_thread(misuse_serial, &copy);
		nap(50);
	} else {
		return false;
	}
	return true;
}

int32_t save_too_much(const Animal& animal, tmon_state_write write, void* sink) {
	const std::vector<char> part(1 << 20);
	for (int i = 0; i < 80; ++i) {
		if (const int32_t status = write(sink, part.data(), part.size()); status != TMON_OK) {
			animal.say("the state is too long after " + std::to_string(i) + " MiB");
			return status;
		}
	}
	return TMON_OK;
}

int32_t act(const Animal& animal) {
	const std::string word = animal.config.text("do", "nothing");
	if (word == "status")
		return animal.config.number<int32_t>("status");
	if (word != "nothing" && !flood(animal, word) && !attack(animal, word) && !forge(animal, word) && !crash(word))
		animal.say("does not know how to " + word);
	return TMON_OK;
}

} // namespace zoo
