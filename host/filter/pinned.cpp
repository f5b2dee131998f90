// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/pinned.hpp"

#include "host/filter/filter_error.hpp"
#include "host/filter/pins.hpp"
#include "host/filter/xdp_links.hpp"
#include "host/ring/event_rings.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include <string>
#include <string_view>
#include <utility>

namespace tmon {

namespace {

constexpr uint64_t kLayout = 1; // grows when maps or their meaning change in a way that sizes do not show
constexpr const char* kLink = "link";

// FNV-1a.
class Hash {
public:
	void add(uint64_t value) {
		for (int i = 0; i < 8; ++i)
			add_byte(static_cast<uint8_t>(value >> 8 * i));
	}
	void add(std::string_view text) {
		for (const char c : text)
			add_byte(static_cast<uint8_t>(c));
		add_byte(0);
	}
	uint64_t value() const { return value_; }

private:
	void add_byte(uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001b3; }
	uint64_t value_ = 0xcbf29ce484222325;
};

// Of the network namespace, for as long as the machine runs. Its inode, by which pins are found, is given to another
// one when it has gone.
uint64_t namespace_cookie() {
	const Fd any(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	uint64_t cookie = 0;
	socklen_t size = sizeof cookie;
	if (getsockopt(any.get(), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) != 0)
		throw FilterError("cannot tell network namespaces apart: " + errno_text(errno));
	return cookie;
}

uint64_t layout_hash(const std::vector<Interface>& interfaces, const SharedMapSizes& sizes) {
	const tmon_rings rings = lay_out_rings(possible_cpus(), sizes.ring_bytes);
	Hash hash;
	for (const uint64_t part : {kLayout, uint64_t{sizeof(tmon_event)}, uint64_t{sizeof(tmon_counters)},
	                            uint64_t{sizeof(tmon_filter_state)}, namespace_cookie(), uint64_t{rings.layout}, uint64_t{rings.rings},
	                            uint64_t{rings.slots}, rings.size, uint64_t{sizes.block_list}})
		hash.add(part);
	for (const Interface& interface : interfaces)
		hash.add(interface.name); // in this order: the counters are
	return hash.value();
}

std::string list_of(const std::vector<LinkHolder>& holders) {
	std::string text;
	for (const LinkHolder& holder : holders)
		text += (text.empty() ? "" : ", ") + holder.name + " (process " + std::to_string(holder.pid) + ")";
	return text;
}

[[noreturn]] void refuse(const Interface& interface, const std::string& why) {
	throw FilterError("an earlier run has pinned its filter on " + interface.name + ", and it cannot be taken over: " + why +
	                  "; traffic-monitor detach -i " + interface.name + " ends it");
}

// Makes FilterError of what the pins say.
template <class Work>
auto with_pins(Work work) {
	try {
		return work();
	} catch (const PinError& error) {
		throw FilterError(error.what());
	}
}

// Whether the interface it was attached to is gone: it filters nothing any more.
bool is_dead(const PinFolder& folder) {
	const Fd link = folder.open(kLink);
	const std::optional<XdpLink> found = link ? xdp_link(link.get()) : std::nullopt;
	return found && found->ifindex == 0;
}

Fd usable_link(const PinFolder& folder, const Interface& interface) {
	Fd link = folder.open(kLink);
	if (!link)
		return link;
	const std::optional<XdpLink> found = xdp_link(link.get());
	if (!found)
		refuse(interface, "what is pinned as its link is none");
	link.reset(); // before it is asked who holds it
	if (const auto holders = holders_of_link(found->id); !holders.empty())
		throw FilterError(list_of(holders) + " monitors " + interface.name + " already, with a filter that is pinned");
	return found->ifindex == interface.ifindex ? folder.open(kLink) : Fd();
}

} // namespace

std::optional<PinnedFilter> find_pinned(const std::vector<Interface>& interfaces, const SharedMapSizes& sizes) {
	if (geteuid() != 0)
		throw FilterError("--pin needs root: whoever owns what is pinned can take it away");
	return with_pins([&]() -> std::optional<PinnedFilter> {
		const auto root = pin_root();
		// What another version, or a namespace that is gone, has left without effect.
		for (const Interface& interface : interfaces) {
			PinFolder folder(root, interface.name);
			if (folder.exists() && is_dead(folder) && folder.layout() != layout_hash(interfaces, sizes))
				folder.remove_all();
		}
		PinnedFilter pinned;
		const Interface* with = nullptr;
		const Interface* without = nullptr;
		for (const Interface& interface : interfaces)
			(PinFolder(root, interface.name).exists() ? with : without) = &interface;
		if (!with)
			return std::nullopt;
		if (without)
			refuse(*with, "nothing is pinned on " + without->name);
		for (const Interface& interface : interfaces) {
			const PinFolder folder(root, interface.name);
			if (folder.layout() != layout_hash(interfaces, sizes))
				refuse(interface, "it was made by another version, or for other interfaces, another ring.size or block_list.size");
			pinned.links.push_back(usable_link(folder, interface));
			for (std::size_t i = 0; i < SharedMaps::kMaps; ++i) {
				Fd map = folder.open(SharedMaps::kNames[i]);
				if (!map)
					refuse(interface, std::string("the map ") + SharedMaps::kNames[i] + " is missing");
				if (!pinned.maps[i])
					pinned.maps[i] = std::move(map);
			}
		}
		return pinned;
	});
}

void pin_filter(const std::vector<Interface>& interfaces, const SharedMaps& maps, const SharedMapSizes& sizes,
                const std::vector<int>& links) {
	with_pins([&] {
		const auto root = pin_root();
		std::vector<PinFolder> made;
		try {
			for (std::size_t i = 0; i < interfaces.size(); ++i) {
				PinFolder folder(root, interfaces[i].name);
				if (!folder.exists())
					made.push_back(folder);
				std::vector<Pin> pins;
				for (std::size_t map = 0; map < SharedMaps::kMaps; ++map)
					pins.push_back({SharedMaps::kNames[map], maps.descriptor(static_cast<SharedMaps::Map>(map))});
				// The link last: who finds it finds all of it.
				pins.push_back({kLink, links[i]});
				folder.write_layout(layout_hash(interfaces, sizes));
				folder.pin(pins);
			}
		} catch (...) {
			for (PinFolder& folder : made)
				folder.remove_all();
			throw;
		}
	});
}

void pin_link(const Interface& interface, int link) {
	with_pins([&] { PinFolder(pin_root(), interface.name).pin(link, kLink); });
}

} // namespace tmon
