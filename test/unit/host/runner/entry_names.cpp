// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Tables of names: what is written is found, and a damaged one harms nobody.
#include "host/runner/entry_names.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <string>

namespace {

using namespace tmon;

Fd copy_of(const EntryNames& names) { return Fd(fcntl(names.descriptor(), F_DUPFD_CLOEXEC, 0)); }

std::string content_of(const EntryNames& names) {
	std::string content(100'000, '\0');
	content.resize(static_cast<std::size_t>(pread(names.descriptor(), content.data(), content.size(), 0)));
	return content;
}

Fd file_with(const std::string& content) {
	Fd file(memfd_create("damaged", MFD_CLOEXEC));
	BOOST_REQUIRE(write(file.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()));
	return file;
}

std::shared_ptr<const EntryNames> table(uint32_t first, const std::vector<std::string>& names) {
	EntryNamesWriter writer(first);
	for (const std::string& name : names)
		writer.add(name);
	return writer.finish();
}

BOOST_AUTO_TEST_CASE(each_id_has_its_name) {
	const auto names = table(5, {"203.0.113.0/24", "", "office", std::string(300, 'x')});
	BOOST_TEST(names->first_id() == 5u);
	BOOST_TEST(names->count() == 4u);
	EntryNameTables tables;
	BOOST_TEST(tables.find(5) == "");
	BOOST_REQUIRE(tables.add(copy_of(*names)));
	BOOST_TEST(tables.find(0) == "");
	BOOST_TEST(tables.find(4) == "");
	BOOST_TEST(tables.find(5) == "203.0.113.0/24");
	BOOST_TEST(tables.find(6) == "");
	BOOST_TEST(tables.find(7) == "office");
	BOOST_TEST(tables.find(8) == std::string(kMaxEntryName, 'x'));
	BOOST_TEST(tables.find(9) == "");
	BOOST_TEST(tables.find(0xffffffff) == "");
	BOOST_TEST(tables.knows(6));
	BOOST_TEST(!tables.knows(9));
	BOOST_TEST(!tables.knows(0));
}

BOOST_AUTO_TEST_CASE(nobody_can_change_a_table) {
	const auto names = table(1, {"a"});
	BOOST_TEST(pwrite(names->descriptor(), "x", 1, 0) == -1);
	BOOST_TEST(ftruncate(names->descriptor(), 0) == -1);
}

BOOST_AUTO_TEST_CASE(the_last_generations_stay_known) {
	EntryNameTables tables;
	for (uint32_t i = 0; i < 2 * kEntryNameTables; ++i)
		BOOST_REQUIRE(tables.add(copy_of(*table(1 + 10 * i, {"of " + std::to_string(i)}))));
	for (uint32_t i = 0; i < 2 * kEntryNameTables; ++i)
		BOOST_TEST(tables.find(1 + 10 * i) == (i < kEntryNameTables ? "" : "of " + std::to_string(i)));
}

BOOST_AUTO_TEST_CASE(what_was_found_stays_until_the_call_is_over) {
	EntryNamesWriter writer(1);
	for (int i = 0; i < 20'000; ++i)
		writer.add("name " + std::to_string(i));
	EntryNameTables tables;
	BOOST_REQUIRE(tables.add(copy_of(*writer.finish())));
	const std::string_view first = tables.find(1);
	for (uint32_t id = 1; id <= 20'000; ++id)
		BOOST_REQUIRE(tables.find(id) == "name " + std::to_string(id - 1));
	BOOST_TEST(first == "name 0");
	BOOST_TEST(first.data() == tables.find(1).data());
	tables.forget_old();
	BOOST_TEST(tables.find(20'000) == "name 19999");
}

BOOST_AUTO_TEST_CASE(a_damaged_table_harms_nobody) {
	const std::string whole = content_of(*table(3, {"one", "two", "three"}));
	EntryNameTables none;
	for (std::size_t size = 0; size < whole.size(); ++size)
		BOOST_TEST(!none.add(file_with(whole.substr(0, size))));
	BOOST_TEST(!none.add(file_with(whole + "x")));
	BOOST_TEST(!none.add(Fd{}));
	BOOST_TEST(none.find(3) == "");

	std::mt19937 random(7);
	uint32_t taken = 0;
	for (int i = 0; i < 3000; ++i) {
		std::string damaged = whole;
		for (int j = 0; j < 1 + i % 3; ++j)
			damaged[random() % damaged.size()] = static_cast<char>(random());
		EntryNameTables tables;
		taken += tables.add(file_with(damaged));
		for (uint32_t id = 0; id < 10; ++id)
			BOOST_REQUIRE(tables.find(id).size() <= kMaxEntryName);
	}
	BOOST_TEST(taken > 100u); // damage in the offsets and names is found when it is met
}

} // namespace
