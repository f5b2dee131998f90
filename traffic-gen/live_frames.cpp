// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/live_frames.hpp"

#include "traffic-gen/interface.hpp"
#include "traffic-gen/xdp_features.hpp"

#include "live_frames.skel.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>
#include <vector>

namespace tmon {

namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t slot_count = std::extent_v<decltype(live_frames::live_frames__bss::slots)>;
constexpr uint64_t single_runs = 32;      // up to so many waiting frames are sent by a call each
constexpr uint32_t first_runs = 1u << 17; // runs of a call that sends many, to begin with
constexpr uint64_t busy_frames = 1024;    // a call that has sent as many was worth its beginning
constexpr uint32_t most_runs = 1u << 22;
constexpr uint32_t batch = 64; // frames between two flushes; NAPI's budget, so that a veth's ring never fills

uint64_t network_namespace() {
	struct stat status {};
	return stat("/proc/thread-self/ns/net", &status) == 0 ? status.st_ino : 0;
}

int quiet(libbpf_print_level, const char*, va_list) { return 0; }

// libbpf writes to the standard error; what it says of a load that fails for want of rights is no help.
class Silence {
public:
	Silence() : before_(libbpf_set_print(quiet)) {}
	~Silence() { libbpf_set_print(before_); }
	Silence(const Silence&) = delete;
	Silence& operator=(const Silence&) = delete;

private:
	libbpf_print_fn_t before_;
};

struct DestroySkeleton {
	void operator()(live_frames* skeleton) const { live_frames::destroy(skeleton); }
};
using Skeleton = std::unique_ptr<live_frames, DestroySkeleton>;

LiveFramesUnavailable cannot_load(int error) {
	if (error == EPERM)
		return LiveFramesUnavailable(
		    "live frames need the capabilities CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON");
	return LiveFramesUnavailable(std::string("loading the program for live frames: ") + std::strerror(error));
}

Skeleton load(const Interface& interface) {
	const Silence silence;
	Skeleton skeleton(live_frames::open());
	if (!skeleton)
		throw cannot_load(errno);
	skeleton->rodata->target_interface = interface.index;
	skeleton->rodata->target_namespace = static_cast<uint32_t>(network_namespace());
	if (const int error = live_frames::load(skeleton.get()); error != 0)
		throw cannot_load(-error);
	// Only the tracepoints attach by themselves; "xdp" asks for an interface.
	for (const auto& [program, link] :
	     {std::pair(skeleton->progs.count_refused_by_driver, &skeleton->links.count_refused_by_driver),
	      std::pair(skeleton->progs.count_not_redirected, &skeleton->links.count_not_redirected)}) {
		*link = bpf_program__attach(program);
		if (*link == nullptr)
			throw cannot_load(errno);
	}
	return skeleton;
}

// The arena, mapped.
class Arena {
public:
	explicit Arena(const bpf_map* map) : size_(bpf_map__value_size(map)) {
		void* at = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
		if (at == MAP_FAILED)
			throw LiveFramesUnavailable(std::string("mapping the ring of frames: ") + std::strerror(errno));
		bytes_ = static_cast<uint8_t*>(at);
	}
	~Arena() { munmap(bytes_, size_); }
	Arena(const Arena&) = delete;
	Arena& operator=(const Arena&) = delete;

	uint8_t* at(uint64_t offset) const { return bytes_ + offset; }
	uint64_t size() const { return size_; }

private:
	uint8_t* bytes_ = nullptr;
	uint64_t size_;
};

} // namespace

struct LiveFrames::Kernel {
	Kernel(const Interface& where, uint32_t frame_size)
	    : interface(where), largest(std::min<uint32_t>(frame_size, largest_frame)), skeleton(load(where)),
	      arena(skeleton->maps.arena) {
		// Signals are for the thread that calls send().
		sigset_t all, before;
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		worker = std::thread([this] { work(); });
		pthread_sigmask(SIG_SETMASK, &before, nullptr);
	}
	~Kernel() {
		quit = true;
		ring_bell();
		worker.join();
	}

	uint64_t consumed() const { return std::atomic_ref(skeleton->bss->consumed).load(std::memory_order_acquire); }
	void check() const {
		if (const int error = failure.load(); error != 0)
			throw OutputError("sending live frames on " + interface.name + ": " + std::strerror(error));
	}
	bool put(const iovec& frame);
	void publish();

	Interface interface;
	uint32_t largest;
	uint64_t produced = 0;
	uint64_t arena_head = 0; // bytes since the start, as are those in `ends`
	uint64_t arena_tail = 0;
	std::array<uint64_t, slot_count> ends{}; // of each slot's frame

private:
	void ring_bell() {
		bell.fetch_add(1);
		bell.notify_one();
	}
	void work();
	int run(uint32_t runs);

	Skeleton skeleton;
	Arena arena;
	std::atomic<uint32_t> bell = 0;
	std::atomic<bool> asleep = false;
	std::atomic<bool> quit = false;
	std::atomic<int> failure = 0; // an errno
	std::thread worker;           // last: uses all above

	friend class LiveFrames;
};

// Whether there was room.
bool LiveFrames::Kernel::put(const iovec& frame) {
	const uint64_t done = consumed();
	if (produced - done == slot_count)
		return false;
	if (done > 0)
		arena_tail = std::max(arena_tail, ends[(done - 1) % slot_count]);
	// A frame's place is large enough for any: the program's check then needs no look at the length.
	uint64_t head = (arena_head + 63) / 64 * 64;
	if (head % arena.size() > arena.size() - largest_frame)
		head = (head / arena.size() + 1) * arena.size();
	if (head + frame.iov_len > arena_tail + arena.size())
		return false;
	std::memcpy(arena.at(head % arena.size()), frame.iov_base, frame.iov_len);
	skeleton->bss->slots[produced % slot_count] = head % arena.size() << 32 | frame.iov_len;
	arena_head = head + frame.iov_len;
	ends[produced % slot_count] = arena_head;
	++produced;
	return true;
}

void LiveFrames::Kernel::publish() {
	std::atomic_ref(skeleton->bss->produced).store(produced, std::memory_order_seq_cst);
	if (asleep.load() && asleep.exchange(false))
		ring_bell();
}

int LiveFrames::Kernel::run(uint32_t runs) {
	std::array<uint8_t, 64> page{}; // each run makes another frame of it
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = page.data(), .data_size_in = page.size(),
	            .repeat = static_cast<int>(runs), .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = batch);
	return -bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.send_next), &options);
}

// A call of more than one run costs some 10 ms for its beginning, so it should be long; but what is left of it when
// there are no more frames is wasted. It grows while it is used.
void LiveFrames::Kernel::work() {
	uint32_t runs = first_runs;
	while (failure == 0) {
		const uint32_t heard = bell.load();
		asleep = true;
		const uint64_t before = consumed();
		const uint64_t waiting = std::atomic_ref(skeleton->bss->produced).load() - before;
		if (waiting == 0) {
			if (quit)
				return;
			bell.wait(heard);
			continue;
		}
		asleep = false;
		const bool few = waiting <= single_runs;
		for (uint64_t i = 0; i < (few ? waiting + 1 : 1); ++i) // the one more says that all was consumed
			if (const int error = run(few ? 1 : runs); error != 0 && error != EINTR)
				failure = error;
		if (few)
			continue;
		const bool busy = consumed() - before >= busy_frames;
		runs = busy ? std::min(runs * 2, most_runs) : std::max(runs / 2, first_runs);
	}
}

LiveFrames::LiveFrames(const std::string& interface, uint32_t frame_size) {
	const Interface found = find_interface(interface);
	if (!found.up)
		throw OutputError(interface + " is down: ip link set " + interface + " up");
	if (frame_size > largest_frame)
		throw LiveFramesUnavailable("a live frame has at most " + std::to_string(largest_frame) +
		                            " bytes, and these may have " + std::to_string(frame_size) +
		                            ": give a smaller --mtu");
	if (const RedirectSupport support = redirect_support(interface, found.index); !support.accepted)
		throw LiveFramesUnavailable(support.reason);
	kernel_ = std::make_unique<Kernel>(found, frame_size);
}

LiveFrames::~LiveFrames() = default;

std::size_t LiveFrames::send(std::span<const iovec> frames) {
	Kernel& kernel = *kernel_;
	const uint32_t limit = kernel.interface.mtu + 18; // Ethernet header and a tag, as the kernel has it
	const Clock::time_point start = Clock::now();
	std::size_t taken = 0;
	kernel.check();
	while (taken < frames.size()) {
		const iovec& frame = frames[taken];
		if (frame.iov_len > std::min(limit, largest_frame) || frame.iov_len < smallest_frame)
			throw OutputError(kernel.interface.name + " does not take a live frame of " +
			                  std::to_string(frame.iov_len) + " bytes: give its MTU with --mtu");
		if (kernel.put(frame)) {
			++taken;
			continue;
		}
		if (taken > 0 || Clock::now() - start > std::chrono::milliseconds(20))
			break;
		std::this_thread::sleep_for(std::chrono::microseconds(50));
	}
	kernel.publish();
	return taken;
}

void LiveFrames::finish() {
	Kernel& kernel = *kernel_;
	uint64_t before = kernel.consumed();
	Clock::time_point moved = Clock::now();
	// The last frames reach the driver at the end of their batch, not when they are consumed.
	const auto empty_runs = [&] { return std::atomic_ref(kernel.skeleton->bss->empty_runs).load(); };
	uint64_t idle = empty_runs();
	while (before != kernel.produced || (!kernel.asleep && empty_runs() - idle <= batch)) {
		kernel.check();
		std::this_thread::sleep_for(std::chrono::microseconds(100));
		const uint64_t now = kernel.consumed();
		if (now != before) {
			moved = Clock::now();
			idle = empty_runs();
		}
		if (now != kernel.produced && Clock::now() - moved > std::chrono::seconds(5))
			throw OutputError("sending live frames on " + kernel.interface.name +
			                  ": the kernel has stopped");
		before = now;
	}
}

uint64_t LiveFrames::refused() const { return std::atomic_ref(kernel_->skeleton->bss->refused).load(); }

std::string LiveFrames::refusal() const { return std::strerror(-kernel_->skeleton->bss->last_error); }

} // namespace tmon
