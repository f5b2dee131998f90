// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/runner/loaded_plugin.hpp"

#include "host/runner/state_file.hpp"

#include <algorithm>

namespace tmon {

namespace {

tmon_str to_str(std::string_view text) { return {text.data(), text.size()}; }

int32_t append_state(void* sink, const void* data, uint64_t size) {
	auto& state = *static_cast<std::string*>(sink);
	if (size > kMaxState - state.size())
		return TMON_E_NOMEM;
	try {
		state.append(static_cast<const char*>(data), static_cast<std::size_t>(size));
		return TMON_OK;
	} catch (const std::bad_alloc&) {
		return TMON_E_NOMEM;
	}
}

} // namespace

template <class Function> auto LoadedPlugin::call(Call which, Function function) {
	page_.beats.fetch_add(1, std::memory_order_relaxed);
	page_.call.store(static_cast<uint32_t>(which), std::memory_order_relaxed);
	services_.enter();
	struct Leave {
		LoadedPlugin& plugin;
		~Leave() {
			plugin.services_.leave();
			plugin.page_.call.store(static_cast<uint32_t>(Call::none), std::memory_order_relaxed);
			plugin.page_.beats.fetch_add(1, std::memory_order_relaxed);
		}
	} leave{*this};
	return function();
}

// A table that is too short for what its revision says is no table.
template <class Table> const Table* LoadedPlugin::extension(const char* id, std::size_t least) {
	const auto* table = static_cast<const Table*>(module_.api().get_extension(self_, to_str(id)));
	return table && table->size >= least ? table : nullptr;
}

int32_t LoadedPlugin::create(std::string_view config) {
	return call(Call::create, [&] {
		const int32_t status = module_.api().create(&services_.table(), to_str(config), &self_);
		created_ = status == TMON_OK;
		if (!created_) {
			self_ = nullptr;
			return status;
		}
		if (!module_.api().get_extension)
			return status;
		alerts_ = extension<tmon_ext_alerts>(TMON_EXT_ALERTS, sizeof(tmon_ext_alerts));
		ticks_ = extension<tmon_ext_ticks>(TMON_EXT_TICKS, offsetof(tmon_ext_ticks, interval_ns));
		end_ = extension<tmon_ext_end>(TMON_EXT_END, sizeof(tmon_ext_end));
		state_ = extension<tmon_ext_state>(TMON_EXT_STATE, sizeof(tmon_ext_state));
		reconfigure_ = extension<tmon_ext_reconfigure>(TMON_EXT_RECONFIGURE, sizeof(tmon_ext_reconfigure));
		return status;
	});
}

int32_t LoadedPlugin::on_batch(const tmon_batch& batch) {
	return call(Call::on_batch, [&] { return module_.api().on_batch(self_, &batch); });
}

int32_t LoadedPlugin::flush() {
	return call(Call::flush, [&] { return module_.api().flush(self_); });
}

int32_t LoadedPlugin::on_alert(const tmon_alert& alert) {
	if (!alerts_)
		return TMON_E_UNSUPPORTED;
	return call(Call::on_alert, [&] { return alerts_->on_alert(self_, &alert); });
}

int32_t LoadedPlugin::on_tick(const tmon_tick& tick) {
	if (!ticks_)
		return TMON_E_UNSUPPORTED;
	return call(Call::on_tick, [&] { return ticks_->on_tick(self_, &tick); });
}

int32_t LoadedPlugin::on_end() {
	if (!end_)
		return TMON_E_UNSUPPORTED;
	return call(Call::on_end, [&] { return end_->on_end(self_); });
}

int32_t LoadedPlugin::save(std::string& state) {
	if (!state_)
		return TMON_E_UNSUPPORTED;
	return call(Call::save, [&] { return state_->save(self_, append_state, &state); });
}

int32_t LoadedPlugin::restore(std::string_view state) {
	if (!state_)
		return TMON_E_UNSUPPORTED;
	return call(Call::restore, [&] { return state_->restore(self_, to_str(state)); });
}

int32_t LoadedPlugin::reconfigure(std::string_view config) {
	if (!reconfigure_)
		return TMON_E_UNSUPPORTED;
	return call(Call::reconfigure, [&] { return reconfigure_->reconfigure(self_, to_str(config)); });
}

void LoadedPlugin::destroy() {
	if (!created_)
		return;
	created_ = false;
	call(Call::destroy, [&] { module_.api().destroy(self_); });
	self_ = nullptr;
}

PluginTraits LoadedPlugin::traits() const {
	PluginTraits traits;
	traits.id = module_.entry().id;
	traits.version = module_.entry().version;
	traits.takes_events = takes_events();
	traits.takes_alerts = alerts_ != nullptr;
	traits.wants_ticks = ticks_ != nullptr;
	traits.has_state = state_ != nullptr;
	traits.can_reconfigure = reconfigure_ != nullptr;
	if (ticks_ && TMON_HAS(ticks_, tmon_ext_ticks, interval_ns))
		traits.tick_interval_ns = ticks_->interval_ns;
	return traits;
}

std::string LoadedPlugin::contradict(const std::vector<std::string>& capabilities) const {
	const std::pair<const char*, bool> has[] = {{"events", takes_events()},        {"alerts", alerts_ != nullptr},
	                                            {"ticks", ticks_ != nullptr},      {"end", end_ != nullptr},
	                                            {"state", state_ != nullptr},      {"reconfigure", reconfigure_ != nullptr}};
	std::string text;
	for (const auto& [name, there] : has) {
		const bool said = std::find(capabilities.begin(), capabilities.end(), name) != capabilities.end();
		if (said == there)
			continue;
		text += text.empty() ? "its manifest " : ", and it ";
		text += std::string(said ? "says that it has " : "does not say that it has ") + name +
		        (there ? ", but it has" : ", but it has not");
	}
	return text;
}

} // namespace tmon
