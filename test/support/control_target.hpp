// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A run as its control socket sees it, without a filter: a block list in memory, and a server of it in a thread.
#pragma once

#include "host/control/control_server.hpp"

#include <boost/asio/post.hpp>

#include <functional>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tmon::test {

struct FakeTarget final : ControlTarget {
	Status answer; // of status
	std::map<Prefix, BlockRequest> list;
	std::vector<Asker> askers;
	bool confirmed = false;
	std::string refusal; // of every change, where not empty

	Status status() const override {
		Status status = answer;
		status.blocks.entries = list.size();
		return status;
	}
	CheckedAddress check(const Prefix& address) const override {
		CheckedAddress checked;
		if (const auto found = list.find(address); found != list.end())
			checked.block = entry(found->second);
		else
			checked.entry = {{4, 8, {10}}, EntryClass::denied, "lab", "cfg.json:3:5"};
		checked.reported = true;
		checked.dropped = checked.block.has_value();
		return checked;
	}
	BlockPage blocked(const std::optional<Prefix>& after, std::size_t limit) const override {
		BlockPage page;
		page.total = list.size();
		auto at = after ? list.upper_bound(*after) : list.begin();
		for (; at != list.end() && page.entries.size() < limit; ++at)
			page.entries.push_back(entry(at->second));
		page.more = at != list.end();
		return page;
	}
	Outcome block(const BlockRequest& request, const Asker& asker) override {
		askers.push_back(asker);
		if (!refusal.empty())
			return Outcome::refused(refusal);
		list[request.prefix] = request;
		return Outcome::made("blocked");
	}
	Outcome unblock(const Prefix& prefix, const Asker& asker) override {
		askers.push_back(asker);
		return list.erase(prefix) > 0 ? Outcome::made() : Outcome::refused(to_string(prefix) + " is not blocked");
	}
	Outcome confirm(const Asker& asker) override {
		askers.push_back(asker);
		confirmed = true;
		return Outcome::made("dropping goes on");
	}

	static BlockEntry entry(const BlockRequest& request) {
		return {request.prefix, static_cast<uint64_t>(request.ttl / std::chrono::seconds(1)), "ctl", request.reason};
	}
};

// A server with a loop of its own.
class ServedTarget {
public:
	explicit ServedTarget(const std::string& path, ControlLimits limits = {}) {
		server_.emplace(io_, path, target, limits);
		thread_ = std::thread([this] { io_.run(); });
	}

	// Runs `function` where the target is used, and waits for it.
	template <class Function> auto in_loop(Function function) {
		std::packaged_task<decltype(function())()> task(std::move(function));
		auto result = task.get_future();
		boost::asio::post(io_, [&task] { task(); });
		return result.get();
	}
	~ServedTarget() {
		in_loop([this] { server_.reset(); });
		work_.reset();
		thread_.join();
	}
	std::size_t clients() {
		return in_loop([this] { return server_->clients(); });
	}
	// Lets the loop hang for as long as the result exists.
	std::shared_ptr<void> hang() {
		auto over = std::make_shared<std::promise<void>>();
		boost::asio::post(io_, [wait = over->get_future().share()] { wait.wait(); });
		return {nullptr, [over](void*) { over->set_value(); }};
	}

	FakeTarget target;

private:
	boost::asio::io_context io_{1};
	boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ = boost::asio::make_work_guard(io_);
	std::optional<ControlServer> server_;
	std::thread thread_;
};

} // namespace tmon::test
