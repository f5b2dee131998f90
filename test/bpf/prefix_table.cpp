// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Prefix tables in the kernel: the maps hold what was built, and the look-up decides there as it does natively.
#define BOOST_TEST_MODULE bpf_prefix_table
#include "test_prefix_table.skel.h"

#include "host/filter/capabilities.hpp"
#include "host/filter/table_maps.hpp"
#include "host/filter/xdp_filter.hpp"
#include "test/support/privileged.hpp"
#include "test/support/xdp_test_run.hpp"
#include "test/unit/host/policy/prefix_sets.hpp"

#include <boost/test/unit_test.hpp>

#include <bpf/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>

namespace {

using namespace tmon;
using namespace tmon::test;

constexpr std::size_t kBatch = 4096;

struct Process {
	Process() {
		if (geteuid() == 0)
			BOOST_REQUIRE(keep_only_filter_capabilities());
	}
};
BOOST_TEST_GLOBAL_FIXTURE(Process);

struct Question {
	Octets source;
	uint32_t decision;
	uint32_t reserved;
};

class Loaded {
public:
	explicit Loaded(const PrefixTable& table)
	    : skeleton_(test_prefix_table__open(), test_prefix_table__destroy), family_(table.family) {
		prepare_table_map(skeleton_->obj, table);
		BOOST_REQUIRE(test_prefix_table__load(skeleton_.get()) == 0);
		fill_table_map(skeleton_->obj, table);
		void* at = mmap(nullptr, kBatch * sizeof(Question), PROT_READ | PROT_WRITE, MAP_SHARED,
		                bpf_map__fd(skeleton_->maps.questions), 0);
		BOOST_REQUIRE(at != MAP_FAILED);
		questions_ = static_cast<Question*>(at);
	}
	~Loaded() { munmap(questions_, kBatch * sizeof(Question)); }
	Loaded(const Loaded&) = delete;

	Question* questions() const { return questions_; }
	void answer() const {
		const bpf_program* program = family_ == 4 ? skeleton_->progs.decide_v4 : skeleton_->progs.decide_v6;
		xdp_test_run(bpf_program__fd(program), std::vector<uint8_t>(64));
	}
	bpf_object* object() const { return skeleton_->obj; }
	int table_descriptor() const {
		return bpf_map__fd(family_ == 4 ? skeleton_->maps.prefixes_v4 : skeleton_->maps.prefixes_v6);
	}

private:
	std::unique_ptr<test_prefix_table, void (*)(test_prefix_table*)> skeleton_;
	uint8_t family_;
	Question* questions_ = nullptr;
};

// Returns how many sources were decided alike.
std::size_t compare(const std::vector<PolicyEntry>& entries, uint8_t family, std::size_t batches, Random& random) {
	const PrefixTable table = build_prefix_table(entries, family, 1);
	const Loaded loaded(table);
	std::size_t alike = 0;
	for (std::size_t batch = 0; batch < batches; ++batch) {
		for (std::size_t i = 0; i < kBatch; ++i)
			loaded.questions()[i] = {near_boundary(entries, family, random), ~0u, 0};
		loaded.answer();
		for (std::size_t i = 0; i < kBatch; ++i)
			alike += loaded.questions()[i].decision == table.decide(loaded.questions()[i].source.data());
	}
	BOOST_TEST(alike == batches * kBatch, "IPv" << int{family} << ", " << entries.size() << " prefixes");
	return alike;
}

std::vector<PolicyEntry> one_prefix() { return {entry(Prefix{4, 8, {10}}, EntryClass::permitted)}; }

} // namespace

BOOST_AUTO_TEST_SUITE(prefix_table, *needs_root())

BOOST_AUTO_TEST_CASE(the_kernel_decides_as_native_code_does) {
	Random random(4);
	for (const uint8_t family : {uint8_t{4}, uint8_t{6}}) {
		std::size_t alike = 0;
		for (unsigned round = 0; round < 24; ++round)
			alike += compare(random_policy(family, 1 + random.below(60), random), family, 8, random);
		alike += compare(random_policy(family, 20'000, random), family, 80, random);
		BOOST_TEST(alike >= 1'000'000u);
	}
}

BOOST_AUTO_TEST_CASE(an_empty_policy_permits_nothing_in_the_kernel) {
	for (const uint8_t family : {uint8_t{4}, uint8_t{6}}) {
		const Loaded loaded(build_prefix_table({}, family, 1));
		for (std::size_t i = 0; i < kBatch; ++i)
			loaded.questions()[i] = {{}, ~0u, 0};
		loaded.answer();
		BOOST_TEST(loaded.questions()[0].decision == 0u);
		BOOST_TEST(loaded.questions()[kBatch - 1].decision == 0u);
	}
}

BOOST_AUTO_TEST_CASE(nobody_can_write_a_table_that_is_in_use) {
	const PrefixTable table = build_prefix_table(one_prefix(), 4, 1);
	const Loaded loaded(table);
	const uint32_t key = 0;
	BOOST_TEST(bpf_map_update_elem(loaded.table_descriptor(), &key, table.units.data(), BPF_ANY) == -EPERM);
	BOOST_CHECK(mmap(nullptr, table.bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, loaded.table_descriptor(), 0) ==
	            MAP_FAILED);
}

BOOST_AUTO_TEST_CASE(what_the_kernel_holds_is_compared) {
	const PrefixTable table = build_prefix_table(one_prefix(), 4, 1);
	const Loaded loaded(table);
	check_table_map(loaded.object(), table);
	PrefixTable other = table;
	other.units.back().words[3] ^= 1;
	BOOST_CHECK_THROW(check_table_map(loaded.object(), other), FilterError);
	other = table;
	other.geometry.permitted.above ^= 1;
	BOOST_CHECK_THROW(check_table_map(loaded.object(), other), FilterError);
	other = table;
	other.units.emplace_back();
	BOOST_CHECK_THROW(check_table_map(loaded.object(), other), FilterError);
	BOOST_CHECK_THROW(fill_table_map(loaded.object(), other), FilterError);
}

BOOST_AUTO_TEST_SUITE_END()
