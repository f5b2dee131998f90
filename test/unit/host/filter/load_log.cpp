// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What is shown of libbpf's output when a program is refused. The samples are in the form of libbpf 1.1.
#include "host/filter/load_log.hpp"

#include <bpf/libbpf.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

namespace {

using namespace tmon;
namespace data = boost::unit_test::data;

const char refused[] = "libbpf: prog 'refused': BPF program load failed: Permission denied\n"
                       "libbpf: prog 'refused': -- BEGIN PROG LOAD LOG --\n"
                       "0: R1=ctx(off=0,imm=0) R10=fp0\n"
                       "; return *(const int *)(long)frame->data;\n"
                       "0: (61) r1 = *(u32 *)(r1 +0)          ; R1_w=pkt(off=0,r=0,imm=0)\n"
                       "1: (61) r0 = *(u32 *)(r1 +0)\n"
                       "invalid access to packet, off=0 size=4, R1(id=0,off=0,r=0)\n"
                       "R1 offset is outside of the packet\n"
                       "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0\n"
                       "-- END PROG LOAD LOG --\n"
                       "libbpf: prog 'refused': failed to load: -13\n"
                       "libbpf: failed to load object 'refused_bpf'\n";

struct Sample {
	const char* what;
	std::string output;
	std::size_t lines;
	std::string shown;
};
std::ostream& operator<<(std::ostream& out, const Sample& sample) { return out << sample.what; }

const Sample samples[] = {
    {"the last two lines of the verifier", refused, 2,
     "R1 offset is outside of the packet\n"
     "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0"},
    {"one line", refused, 1, "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0"},
    {"the last of two programs",
     std::string(refused) + "libbpf: prog 'b': -- BEGIN PROG LOAD LOG --\nwhy\n-- END PROG LOAD LOG --\n", 20, "why"},
    {"a log without a newline at its end",
     "libbpf: -- BEGIN PROG LOAD LOG --\nfirst\nlast-- END PROG LOAD LOG --\n", 20, "first\nlast"},
    {"an empty log", "libbpf: load failed\nlibbpf: -- BEGIN PROG LOAD LOG --\n-- END PROG LOAD LOG --\n", 20, ""},
    {"a log that has no end", "libbpf: -- BEGIN PROG LOAD LOG --\nfirst\n", 20,
     "libbpf: -- BEGIN PROG LOAD LOG --\nfirst"},
    {"the verifier not reached", "libbpf: elf: file is no ELF\nlibbpf: failed to open\n", 20,
     "libbpf: elf: file is no ELF\nlibbpf: failed to open"},
    {"the verifier not reached, last line", "libbpf: elf: file is no ELF\nlibbpf: failed to open\n", 1,
     "libbpf: failed to open"},
    {"nothing", "", 20, ""},
    {"newlines only", "\n\n\n", 20, ""},
};

BOOST_DATA_TEST_CASE(the_reason_is_shown, data::make(samples), sample) {
	BOOST_TEST(explain_refusal(sample.output, sample.lines) == sample.shown);
}

BOOST_AUTO_TEST_CASE(what_libbpf_says_is_collected_while_a_log_exists) {
	{
		const LoadLog log;
		BOOST_TEST(log.text().empty());
		BOOST_TEST(bpf_object__open("/nonexistent/object.o") == nullptr);
		BOOST_TEST(log.text().find("/nonexistent/object.o") != std::string::npos);
		BOOST_TEST(log.text().find('\0') == std::string::npos);
		BOOST_TEST(!explain_refusal(log.text()).empty());
	}
	// Nobody listens any more; nothing is written anywhere.
	BOOST_TEST(bpf_object__open("/nonexistent/object.o") == nullptr);
	const LoadLog log;
	BOOST_TEST(log.text().empty());
}

} // namespace
