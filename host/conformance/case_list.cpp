// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/case_list.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

namespace tmon {

namespace {

namespace json = boost::json;

constexpr CaseInfo kCases[] = {
    {"create", "loads, is created, says what its manifest says, and is destroyed", {}},
    {"configurations", "takes what its schema takes", {}},
    {"broken-configuration", "create with what is no configuration", {}},
    {"repeat", "100 instances leave no memory, descriptor or thread behind", {}},
    {"two-instances", "two instances side by side", {}},
    {"order", "calls in any order, the end at any time", {}},
    {"after-destroy", "nothing runs on once destroy has returned", {}},
    {"batch-sizes", "batches of 1 to 1024 events, and no byte behind them", Capability::events},
    {"events", "every protocol, version, reason and flag, and random bytes", Capability::events},
    {"gaps", "lost events, numbers and times that jump, many rings", Capability::events},
    {"longer-structs", "structs, tables and events of a newer host: longer, with unknown tails", {}},
    {"names", "interface names that are no text", Capability::events},
    {"ticks", "ticks of any content, and the final one", Capability::ticks},
    {"end", "the end of the events, and what may come after it", Capability::end},
    {"alerts", "alerts of any content, and many of them", Capability::alerts},
    {"state", "what is saved can be restored; what is damaged does no damage", Capability::state},
    {"reconfigure", "a new configuration is taken or refused as a whole", Capability::reconfigure},
    {"failing-services", "services of the host that fail, one after the other", {}},
};

std::optional<std::vector<std::string>> texts(const json::object& object, const char* key) {
	const json::value* value = object.if_contains(key);
	if (!value || !value->is_array())
		return std::nullopt;
	return json::value_to<std::vector<std::string>>(*value);
}

} // namespace

std::span<const CaseInfo> dynamic_cases() { return kCases; }

std::string CaseOrder::encode() const {
	return json::serialize(json::object{{"name", name},
	                                    {"seed", seed},
	                                    {"deadline_ms", deadline_ms},
	                                    {"config", config},
	                                    {"other_configs", json::value_from(other_configs)},
	                                    {"wrong_configs", json::value_from(wrong_configs)}});
}

std::optional<CaseOrder> CaseOrder::decode(std::string_view text) {
	try {
		const json::object object = json::parse(json::string_view(text.data(), text.size())).as_object();
		CaseOrder order;
		order.name = object.at("name").as_string();
		order.seed = object.at("seed").to_number<uint64_t>();
		order.deadline_ms = object.at("deadline_ms").to_number<int64_t>();
		order.config = object.at("config").as_string();
		auto others = texts(object, "other_configs"), wrong = texts(object, "wrong_configs");
		if (!others || !wrong)
			return std::nullopt;
		order.other_configs = std::move(*others);
		order.wrong_configs = std::move(*wrong);
		return order;
	} catch (const std::exception&) {
		return std::nullopt;
	}
}

} // namespace tmon
