// SPDX-License-Identifier: MIT OR Apache-2.0
//
// plugin-checker: runs one case of the conformance kit on one plugin, in the place of plugin-runner and as it is run:
// as a user without rights, in the sandbox, with the socket to the host at descriptor 3.
#include "host/conformance/exercise.hpp"
#include "host/runner/received_setup.hpp"
#include "host/sandbox/privileges.hpp"
#include "host/sandbox/sandbox.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

namespace {

using namespace tmon;

constexpr int kSocket = 3;

bool is_seqpacket(int descriptor) {
	int type = 0;
	socklen_t size = sizeof type;
	return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

CaseOrder receive_order() {
	const std::optional<Message> message = receive_message(kSocket, 0);
	std::optional<CaseOrder> order =
	    message && message->type == MessageType::begin ? CaseOrder::decode(message->body) : std::nullopt;
	if (!order)
		throw std::runtime_error("the host did not say which case to run");
	return std::move(*order);
}

void run() {
	require_no_privileges();
	ReceivedSetup& setup = *new ReceivedSetup(kSocket); // what a plugin has left behind may use it to the end
	const CaseOrder& order = *new CaseOrder(receive_order());
	const ProcessUsage usage;
	Reporter& reporter = *new Reporter(kSocket);
	RunnerPage& page = *setup.page;
	const auto in_call = [&](Call call) { page.call.store(static_cast<uint32_t>(call), std::memory_order_relaxed); };
	prctl(PR_SET_NAME, "tm:checker");
	enter_sandbox(setup.text.sandbox);
	HostServices& services = *new HostServices(kSocket, page, setup.text);
	reporter.step("loading");
	in_call(Call::load);
	const PluginModule& module = PluginModule::load(std::move(setup.fd(SetupFd::plugin)), setup.text.plugin_path);
	in_call(Call::none);
	if (const std::string wrong =
	        contradict_manifest(module.entry(), setup.text.manifest, setup.text.plugin_id, setup.text.plugin_version);
	    !wrong.empty())
		return reporter.fail(wrong);
	reporter.step({});
	Exercise exercise(order, setup.text.capabilities, module, services, page, reporter, usage);
	if (!run_case(exercise))
		reporter.fail("there is no case " + order.name);
}

} // namespace

int main(int argc, char**) {
	if (argc != 2 || !is_seqpacket(kSocket)) {
		std::fputs("plugin-checker is started by traffic-monitor, not by hand\n", stderr);
		return 2;
	}
	for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
		signal(number, SIG_IGN);
	close_other_descriptors(kSocket);
	try {
		run();
	} catch (const std::exception& error) {
		Reporter(kSocket).fail(error.what());
	}
	send_message(kSocket, MessageType::ended, TMON_OK, {}, {}, 0);
	// Not through the destructors of the plugin's own statics: its threads may run.
	_exit(0);
}
