// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The kept inputs of the parser's target through the real program in the kernel.
#define BOOST_TEST_MODULE fuzz_parser_program
#include "test/bpf/judges.hpp"
#include "test/fuzz/inputs.hpp"
#include "test/support/privileged.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(program, *tmon::test::needs_root())

BOOST_AUTO_TEST_CASE(judges_every_kept_frame_as_parser_and_oracle_do) {
	constexpr std::size_t smallest = 14; // of BPF_PROG_TEST_RUN
	tmon::test::Judges judges;
	std::size_t run = 0;
	for (const tmon::fuzz::Input& input : tmon::fuzz::kept_inputs(TMON_FUZZ_CORPUS "/parser")) {
		if (input.bytes.size() < smallest)
			continue;
		++run;
		BOOST_TEST(judges.disagreement(input.bytes) == "", input.file);
	}
	BOOST_TEST(run >= 50u);
}

BOOST_AUTO_TEST_SUITE_END()
