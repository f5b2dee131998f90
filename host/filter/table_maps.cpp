// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/table_maps.hpp"

#include "host/filter/xdp_filter.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

namespace tmon {

namespace {

std::string map_name(const PrefixTable& table) { return table.family == 4 ? "prefixes_v4" : "prefixes_v6"; }
std::string geometry_name(const PrefixTable& table) { return table.family == 4 ? "geometry_v4" : "geometry_v6"; }

// "the table of 1000000 IPv4 prefixes (10 MiB)"
std::string describe(const PrefixTable& table) {
	return "the table of " + std::to_string(table.prefixes) + " IPv" + std::to_string(int{table.family}) + " prefixes (" +
	       std::to_string((table.bytes() + (1u << 20) - 1) >> 20) + " MiB)";
}

std::string explain(int error) {
	error = error < 0 ? -error : error;
	const std::string text = std::strerror(error);
	if (error == ENOMEM)
		return text + ": there is not enough memory, or the memory limit of the control group or RLIMIT_AS is too low for it";
	if (error == E2BIG)
		return text + ": the kernel allows no map of this size; write fewer or shorter prefixes";
	return text;
}

bpf_map* map_of(const ::bpf_object* object, const std::string& name) {
	bpf_map* map = bpf_object__find_map_by_name(object, name.c_str());
	if (!map)
		throw FilterError("the XDP program has no map " + name);
	return map;
}

// Where a constant lies among the read-only data of the program; nothing when it was not compiled in.
std::optional<std::size_t> offset_of(const ::bpf_object* object, const std::string& name) {
	const btf* types = bpf_object__btf(object);
	const int section = types ? btf__find_by_name_kind(types, ".rodata", BTF_KIND_DATASEC) : -ENOENT;
	if (section < 0)
		return std::nullopt;
	const btf_type* data = btf__type_by_id(types, static_cast<__u32>(section));
	const btf_var_secinfo* variables = btf_var_secinfos(data);
	for (unsigned i = 0; i < btf_vlen(data); ++i) {
		const btf_type* variable = btf__type_by_id(types, variables[i].type);
		if (name == btf__name_by_offset(types, variable->name_off) && variables[i].size == sizeof(tmon_prefix_geometry))
			return variables[i].offset;
	}
	return std::nullopt;
}

// The program's constants; the geometry of the table is in them at the offset.
bpf_map* constants_of(const ::bpf_object* object) {
	bpf_map* map = nullptr;
	bpf_object__for_each_map(map, object) {
		const std::string name = bpf_map__name(map);
		if (bpf_map__is_internal(map) && name.ends_with(".rodata"))
			return map;
	}
	throw FilterError("the XDP program has no constants");
}

std::size_t geometry_offset(const ::bpf_object* object, const PrefixTable& table, std::size_t size) {
	const auto offset = offset_of(object, geometry_name(table));
	if (!offset || *offset + sizeof(tmon_prefix_geometry) > size)
		throw FilterError("the XDP program has no constant " + geometry_name(table));
	return *offset;
}

// A file descriptor's pages for as long as this lives.
class Mapping {
public:
	Mapping(int descriptor, std::size_t size, int protection)
	    : size_(size), data_(mmap(nullptr, size, protection, MAP_SHARED, descriptor, 0)), error_(errno) {}
	~Mapping() {
		if (data_ != MAP_FAILED)
			munmap(data_, size_);
	}
	Mapping(const Mapping&) = delete;
	Mapping& operator=(const Mapping&) = delete;

	explicit operator bool() const { return data_ != MAP_FAILED; }
	void* data() const { return data_; }
	int error() const { return error_; }

private:
	std::size_t size_;
	void* data_;
	int error_;
};

} // namespace

void prepare_table_map(::bpf_object* object, const PrefixTable& table) {
	bpf_map* map = map_of(object, map_name(table));
	if (const int error = bpf_map__set_max_entries(map, table.geometry.units); error != 0)
		throw FilterError("cannot size the map of " + describe(table) + ": " + explain(error));
	std::size_t size = 0;
	auto* constants = static_cast<unsigned char*>(const_cast<void*>(bpf_map__initial_value(constants_of(object), &size)));
	if (!constants)
		throw FilterError("the XDP program has no constants");
	std::memcpy(constants + geometry_offset(object, table, size), &table.geometry, sizeof table.geometry);
}

void fill_table_map(::bpf_object* object, const PrefixTable& table) {
	const bpf_map* map = map_of(object, map_name(table));
	const int descriptor = bpf_map__fd(map);
	if (bpf_map__max_entries(map) != table.units.size())
		throw FilterError("the map of " + describe(table) + " has another size");
	{
		const Mapping mapping(descriptor, table.bytes(), PROT_READ | PROT_WRITE);
		if (!mapping)
			throw FilterError("cannot write " + describe(table) + ": mmap: " + explain(mapping.error()));
		std::memcpy(mapping.data(), table.units.data(), table.bytes());
	}
	// The kernel freezes only what nobody maps for writing.
	if (bpf_map_freeze(descriptor) != 0)
		throw FilterError("cannot freeze " + describe(table) + ": " + explain(errno));
	check_table_map(object, table);
}

void check_table_map(const ::bpf_object* object, const PrefixTable& table) {
	const bpf_map* map = map_of(object, map_name(table));
	bpf_map_info info{};
	__u32 info_size = sizeof info;
	if (bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &info_size) != 0)
		throw FilterError("cannot ask for " + describe(table) + ": " + explain(errno));
	if (info.max_entries != table.units.size() || info.value_size != sizeof(tmon_prefix_unit))
		throw FilterError("the kernel's map of " + describe(table) + " has another size");
	const Mapping mapping(bpf_map__fd(map), table.bytes(), PROT_READ);
	if (!mapping)
		throw FilterError("cannot read back " + describe(table) + ": mmap: " + explain(mapping.error()));
	if (std::memcmp(mapping.data(), table.units.data(), table.bytes()) != 0)
		throw FilterError(describe(table) + " is not in the kernel as it was written");

	const bpf_map* constants = constants_of(object);
	std::string held(bpf_map__value_size(constants), '\0');
	const uint32_t key = 0;
	if (bpf_map_lookup_elem(bpf_map__fd(constants), &key, held.data()) != 0)
		throw FilterError("cannot read back the program's constants: " + explain(errno));
	if (std::memcmp(held.data() + geometry_offset(object, table, held.size()), &table.geometry, sizeof table.geometry) != 0)
		throw FilterError("the geometry of " + describe(table) + " is not in the kernel as it was written");
}

} // namespace tmon
