// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/plugins_command.hpp"

namespace tmon {

int run_plugins_command(const PluginsCommand& command, const InstalledTree& tree) {
	struct Runner {
		const InstalledTree& tree;
		int operator()(const ListPlugins& options) const { return list_plugins(options, tree); }
		int operator()(const DescribePlugin& options) const { return describe_plugin(options, tree); }
		int operator()(const ReplayRecording& options) const { return replay_recording(options, tree); }
		int operator()(const CheckPlugin& options) const { return check_plugin(options, tree); }
	};
	return std::visit(Runner{tree}, command);
}

} // namespace tmon
