// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/transmit.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <thread>

namespace tmon {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::size_t batch_size = 64;
constexpr nanoseconds longest_nap = std::chrono::milliseconds(20); // so that a stop is noticed soon

// Frames built ahead, so that sending is not held up by their making.
class Stock {
public:
	explicit Stock(Scenario& scenario) : scenario_(scenario) {}

	void refill(uint64_t count) {
		bytes_.clear();
		frames_.clear();
		traits_.clear();
		next_ = 0;
		std::vector<std::size_t> starts;
		starts.reserve(count);
		for (uint64_t i = 0; i < count; ++i) {
			starts.push_back(bytes_.size());
			traits_.push_back(scenario_.next(bytes_));
		}
		for (std::size_t i = 0; i < starts.size(); ++i) {
			const std::size_t end = i + 1 < starts.size() ? starts[i + 1] : bytes_.size();
			frames_.push_back({bytes_.data() + starts[i], end - starts[i]});
		}
	}

	std::span<const iovec> rest() const { return std::span(frames_).subspan(next_); }

	void take(std::size_t count, Tally& tally) {
		for (; count > 0; --count, ++next_)
			tally.add(traits_[next_], frames_[next_].iov_len);
	}

private:
	Scenario& scenario_;
	packet::Bytes bytes_;
	std::vector<iovec> frames_;
	std::vector<Traits> traits_;
	std::size_t next_ = 0;
};

// When the packet of this number is due, from the start. 128 bits: 2^64 packets at one a second.
nanoseconds due_time(uint64_t number, uint64_t rate) {
	__extension__ using Wide = unsigned __int128;
	return nanoseconds(static_cast<int64_t>(Wide{number} * 1'000'000'000u / rate));
}

uint64_t due_count(nanoseconds elapsed, uint64_t rate) {
	__extension__ using Wide = unsigned __int128;
	return static_cast<uint64_t>(Wide{static_cast<uint64_t>(elapsed.count())} * rate / 1'000'000'000u) + 1;
}

} // namespace

void Tally::add(const Traits& traits, std::size_t frame_size) {
	++packets;
	bytes += frame_size;
	++(traits.verdict == Verdict::permitted	   ? permitted
	   : traits.verdict == Verdict::unfiltered ? unfiltered
						   : denied);
	undecidable += traits.verdict == Verdict::undecidable;
	++(traits.family == Family::v4 ? ipv4 : traits.family == Family::v6 ? ipv6 : not_ip);
	++(traits.protocol == Protocol::tcp    ? tcp
	   : traits.protocol == Protocol::udp  ? udp
	   : traits.protocol == Protocol::icmp ? icmp
					       : other);
}

Outcome transmit(Scenario& scenario, FrameSink& sink, const Bounds& bounds) {
	Outcome outcome;
	Stock stock(scenario);
	// At a set rate frames are built 10 ms ahead: building many at once would delay those that are due.
	const uint64_t most = sink.frames_ahead();
	const uint64_t ahead = bounds.rate == 0 ? most : std::clamp<uint64_t>(bounds.rate / 100, 1, most);
	stock.refill(std::min(ahead, bounds.count));
	const Clock::time_point start = Clock::now();
	nanoseconds pause = std::chrono::microseconds(10);
	while (outcome.tally.packets < bounds.count) {
		const nanoseconds elapsed = Clock::now() - start;
		if (bounds.stop != nullptr && *bounds.stop) {
			outcome.end = End::stopped;
			break;
		}
		if (elapsed >= bounds.timeout) {
			outcome.end = End::timed_out;
			break;
		}
		if (stock.rest().empty())
			stock.refill(std::min(ahead, bounds.count - outcome.tally.packets));
		std::size_t wanted = std::min(stock.rest().size(), batch_size);
		if (bounds.rate > 0) {
			const uint64_t due = due_count(elapsed, bounds.rate);
			if (due <= outcome.tally.packets) {
				const nanoseconds wait = due_time(outcome.tally.packets, bounds.rate) - elapsed;
				std::this_thread::sleep_for(std::clamp(wait, nanoseconds(1), longest_nap));
				continue;
			}
			wanted = static_cast<std::size_t>(std::min<uint64_t>(wanted, due - outcome.tally.packets));
		}
		const std::size_t taken = sink.send(stock.rest().first(wanted));
		stock.take(taken, outcome.tally);
		if (taken < wanted)
			++outcome.retries;
		if (taken > 0) {
			pause = std::chrono::microseconds(10);
			continue;
		}
		std::this_thread::sleep_for(pause);
		pause = std::min<nanoseconds>(pause * 2, std::chrono::milliseconds(1));
	}
	sink.finish();
	outcome.seconds = std::chrono::duration<double>(Clock::now() - start).count();
	return outcome;
}

} // namespace tmon
