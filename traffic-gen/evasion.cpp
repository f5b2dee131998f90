// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/evasion.hpp"

#include "traffic-gen/conversations.hpp"
#include "traffic-gen/ranges.hpp"

#include <utility>

namespace tmon {

using namespace packet;

ShapeMaker::ShapeMaker(const ScenarioOptions& options, Random& random)
    : options_(options), random_(random), v6_(draw_v6(options, random)), permitted_(random.chance(2)),
      source4_(permitted_ ? random_permitted4(random) : random_documentation4(random)),
      source6_(permitted_ ? random_permitted6(random) : random_documentation6(random)),
      port_(random.port(32768, 60999)) {}

Traits ShapeMaker::judged(bool v6, Protocol protocol) const {
	return {permitted_ ? Verdict::permitted : Verdict::denied, v6 ? Family::v6 : Family::v4, protocol};
}

namespace {

class Evasion : public Scenario {
public:
	explicit Evasion(const ScenarioOptions& options) : options_(options), random_(options.seed) {
		for (const auto& shapes : {link_shapes(), network_shapes(), neutral_shapes()})
			for (const Shape& shape : shapes)
				if (options.families == Families::both || shape.families == Families::both ||
				    shape.families == options.families)
					shapes_.push_back(&shape);
	}

	Traits next(Bytes& out) override {
		if (at_ == 0)
			for (auto i = static_cast<uint32_t>(shapes_.size()); i > 1; --i)
				std::swap(shapes_[i - 1], shapes_[random_.below(i)]);
		const Shape& shape = *shapes_[at_];
		at_ = (at_ + 1) % shapes_.size();
		return shape.make(ShapeMaker(options_, random_), out);
	}

private:
	ScenarioOptions options_;
	Random random_;
	std::vector<const Shape*> shapes_;
	std::size_t at_ = 0;
};

} // namespace

std::unique_ptr<Scenario> make_evasion(const ScenarioOptions& options) { return std::make_unique<Evasion>(options); }

} // namespace tmon
