// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The kept inputs of one target, once each.
#define BOOST_TEST_MODULE fuzz_replay
#include "test/fuzz/inputs.hpp"
#include "test/fuzz/target.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_CASE(every_kept_input_is_handled_well) {
	const auto folder = std::filesystem::path(TMON_FUZZ_CORPUS) / tmon::fuzz::target_name;
	const std::vector<tmon::fuzz::Input> inputs = tmon::fuzz::kept_inputs(folder);
	BOOST_TEST(inputs.size() >= 10u, folder << " holds " << inputs.size() << " inputs");
	for (const tmon::fuzz::Input& input : inputs) {
		BOOST_TEST_CHECKPOINT(input.file); // named when the target crashes
		const std::string text = tmon::fuzz::complaint(input.bytes);
		BOOST_TEST(text.empty(), "target " << tmon::fuzz::target_name << ", input " << input.file << "\n"
		                                   << text << "\n"
		                                   << tmon::fuzz::shown(input.bytes));
	}
}
