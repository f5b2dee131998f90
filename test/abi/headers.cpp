// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the installed headers promise to whoever compiles with them.
#include "test/support/shell.hpp"
#include "traffic_monitor/testing.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace tmon::test;
namespace fs = std::filesystem;

namespace {

const std::string strict = " -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I$PREFIX/include ";

struct Installed {
	TempDir dir;
	Shell shell{dir.path(), dir / "prefix"};

	Installed() {
		copy_installed_tree(dir / "prefix");
		fs::copy(dir / "prefix/share/traffic-monitor/template", dir.path(), fs::copy_options::recursive);
		for (const auto& header : fs::directory_iterator(dir / "prefix/include/traffic_monitor")) {
			const std::string name = header.path().filename();
			dir.write(name + (name.ends_with(".h") ? ".c" : ".cpp"),
			          "#include <traffic_monitor/" + name + ">\nint nothing_else;\n");
		}
	}

	// The bytes of the manifest's section.
	std::string manifest(const std::string& plugin) const {
		fs::remove(dir / "section");
		shell.must("objcopy --dump-section .tmon.manifest=section " + plugin + " copy.so");
		std::string text = read_file(dir / "section");
		text.erase(text.find_last_not_of('\0') + 1);
		return text;
	}
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(abi_headers, Installed)

BOOST_AUTO_TEST_CASE(c_headers_compile_alone) {
	for (const std::string header : {"event.h", "plugin.h", "version.h"}) {
		for (const std::string options : {"", "-m32 -ffreestanding "}) {
			for (const std::string compiler : {"gcc", "clang"})
				for (const std::string standard : {"c11", "c17"})
					shell.must(compiler + " -std=" + standard + strict + options +
					           "-Wmissing-prototypes -Wundef " + header + ".c");
			for (const std::string compiler : {"g++", "clang++"})
				for (const std::string standard : {"c++11", "c++14", "c++17", "c++20"})
					shell.must(compiler + " -std=" + standard + strict + options +
					           "-Wold-style-cast -x c++ " + header + ".c");
		}
	}
}

BOOST_AUTO_TEST_CASE(cpp_headers_compile_alone) {
	for (const std::string compiler : {"g++", "clang++"})
		for (const std::string standard : {"c++17", "c++20"})
			for (const std::string header : {"plugin.hpp", "config.hpp", "testing.hpp"})
				shell.must(compiler + " -std=" + standard + strict +
				           "-Wold-style-cast -Wnon-virtual-dtor " + header + ".cpp");
	shell.must("for f in *.hpp.cpp; do g++ -std=c++17" + strict + "$f; done");
}

BOOST_AUTO_TEST_CASE(the_manifest_survives_what_linkers_do) {
	const std::string cpp = "-std=c++17 counter.cpp", c = "-std=c11 large_packets.c";
	const std::string sections = " -ffunction-sections -fdata-sections -Wl,--gc-sections";
	const std::pair<std::string, std::string> builds[] = {
	    {"counter", "g++ " + cpp},
	    {"counter", "g++ -O2 -flto " + cpp + sections + " -s"},
	    {"counter", "g++ -O2 " + cpp + " -fuse-ld=gold" + sections},
	    {"counter", "g++ -O2 -static-libstdc++ -static-libgcc " + cpp + sections},
	    {"counter", "clang++ -O2 " + cpp + sections + " -s"},
	    {"counter", "clang++ -O2 -fuse-ld=lld " + cpp + sections + " -s"},
	    {"counter", "clang++ -O2 -flto -fuse-ld=lld " + cpp + sections + " -s"},
	    {"large-packets", "gcc " + c},
	    {"large-packets", "gcc -O2 -flto " + c + sections},
	    {"large-packets", "clang -O2 -flto -fuse-ld=lld " + c + sections},
	};
	int number = 0;
	for (const auto& [id, command] : builds) {
		BOOST_TEST_CONTEXT(command) {
			const std::string file =
			    std::to_string(++number) + ".so"; // a name of its own: dlopen knows names
			shell.must(command + " -o " + file +
			           " $(pkg-config --cflags --libs traffic-monitor-plugin); strip --strip-all " + file);
			const std::string text = manifest(file);
			BOOST_TEST(boost::json::parse(text).at("id").as_string() == id);
			// Allocated and read-only, and the entry points to it.
			const std::string flags =
			    shell.must("readelf -SW " + file +
			               " | grep -oE '\\.tmon\\.manifest +PROGBITS +.*' | awk '{print $7}'");
			BOOST_TEST((flags.find('A') != flags.npos && flags.find_first_of("WX") == flags.npos), flags);
			// A C++ library within the plugin leaves its reserve for exceptions behind: a leak, to a
			// sanitizer. The golden one is loaded by a program of its own.
			if (command.find("static-libstdc++") != std::string::npos)
				continue;
			tmon::testing::Host host;
			tmon::testing::Plugin plugin(host, dir / file);
			BOOST_TEST(plugin.created() == TMON_OK);
			BOOST_TEST(plugin.manifest() == text);
		}
	}
}

// A symbol of the kind STB_GNU_UNIQUE would keep the plugin loaded and be shared with other plugins.
BOOST_AUTO_TEST_CASE(nothing_is_shared_between_plugins) {
	const std::string unique = "readelf --dyn-syms -W p.so | grep UNIQUE | c++filt";
	shell.must("g++ -std=c++17 port_watch.cpp -o p.so $(pkg-config --cflags --libs traffic-monitor-plugin) "
	           "$(pkg-config --variable=gcc_cflags traffic-monitor-plugin)");
	BOOST_TEST(shell.run(unique).output == "");
	// The author has not heard of the flags: what is the SDK's is still the plugin's own.
	for (const std::string name : {"a", "b"}) {
		dir.write(name + ".cpp", "#include <traffic_monitor/plugin.hpp>\n"
		                         "struct Same : tmon::Plugin {\n\tusing Plugin::Plugin;\n"
		                         "\tvoid on_end() { host().info(\"" +
		                             name +
		                             "\"); }\n};\n"
		                             "TMON_PLUGIN(Same, \"same\", \"1\")\n");
		shell.must("g++ -std=c++17 -fPIC -shared -I$PREFIX/include " + name + ".cpp -o " + name + ".so; cp " +
		           name + ".so p.so");
		BOOST_TEST(shell.run(unique + " | grep -E 'tmon::|Same'").output == "");
	}
	tmon::testing::Host host;
	tmon::testing::Plugin a(host, dir / "a.so"), b(host, dir / "b.so");
	BOOST_TEST(a.end() == TMON_OK);
	BOOST_TEST(b.end() == TMON_OK);
	BOOST_REQUIRE(host.logs.size() == 2u);
	BOOST_TEST(host.logs[0].second == "a");
	BOOST_TEST(host.logs[1].second == "b");
}

BOOST_AUTO_TEST_CASE(a_call_of_the_wrong_shape_does_not_compile) {
	const std::pair<std::string, std::string> cases[] = {
	    {"void on_batch(tmon::Batch&) {}", "on_batch must be public and take const tmon::Batch&"},
	    {"bool on_batch(const tmon::Batch&) { return true; }", "a call returns nothing, or int32_t"},
	    {"void on_end(int) {}", "on_end must be public and take nothing"},
	    {"private: void on_tick(const tmon_tick&) {}", "on_tick must be public"},
	    {"std::string save_state() { return {}; }", "go together"},
	    {"void flush() {}", "flush without on_batch"},
	};
	for (const auto& [member, expected] : cases) {
		dir.write("wrong.cpp", "#include <traffic_monitor/plugin.hpp>\nstruct Wrong : tmon::Plugin {\n\tusing "
		                       "Plugin::Plugin;\n\t" +
		                           member + "\n};\nTMON_PLUGIN(Wrong, \"wrong\", \"1\")\n");
		for (const std::string compiler : {"g++", "clang++"}) {
			const Finished finished =
			    shell.run(compiler + " -std=c++17 -fsyntax-only -I$PREFIX/include wrong.cpp");
			BOOST_TEST(finished.status != 0);
			BOOST_TEST(finished.errors.find(expected) != std::string::npos, finished.errors);
		}
	}
}

BOOST_AUTO_TEST_SUITE_END()
