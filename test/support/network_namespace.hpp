// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tmon::test {

// A network namespace of its own, removed with the interfaces in it: when this object goes, when the test
// program exits otherwise, or by a later test program when this one was killed. Needs root and `ip`.
class NetworkNamespace {
public:
	NetworkNamespace();
	~NetworkNamespace();
	NetworkNamespace(const NetworkNamespace&) = delete;
	NetworkNamespace& operator=(const NetworkNamespace&) = delete;

	const std::string& name() const { return name_; }

	// `ip -n NAME WORDS…`; throws std::runtime_error with what it wrote when it fails.
	std::string ip(const std::vector<std::string>& words) const;
	void sysctl(const std::string& key, const std::string& value) const;

	// Moves the calling thread, and threads that it makes later, into the namespace until `Inside` goes.
	class Inside {
	public:
		explicit Inside(const NetworkNamespace& target);
		~Inside();
		Inside(const Inside&) = delete;
		Inside& operator=(const Inside&) = delete;

	private:
		int outside_;
	};

private:
	std::string name_;
};

struct VethOptions {
	uint8_t subnet = 77; // 10.77.0.0/24 and fd77::/64; 10 to 99, so that it reads alike in both
	uint16_t mtu = 1500;
	// Without addresses and IPv6, the left end sends nothing of its own accord: what arrives at the right is
	// exactly what a test sends.
	bool silent_left = false;
};

// Two interfaces joined by a cable, up, without duplicate address detection: usable at once.
class VethPair {
public:
	VethPair(const NetworkNamespace& left, const NetworkNamespace& right, const VethOptions& options = {});

	// What an end is called: .1 is the left one, .2 the right one, likewise the last octet of the MAC.
	struct End {
		std::string interface;
		std::string address; // 10.77.0.1
		std::string address6; // fd77::1
		std::string mac; // 02:00:00:00:77:01
	};
	const End& left() const { return left_; }
	const End& right() const { return right_; }

private:
	End left_;
	End right_;
};

// For boost::unit_test::precondition: whether namespaces can be made here.
bool can_make_namespaces();

} // namespace tmon::test
