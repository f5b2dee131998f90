// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/control/control_server.hpp"

#include "host/control/commands.hpp"
#include "host/control/server_client.hpp"
#include "host/diagnostics/log.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

namespace tmon {

namespace {

using namespace std::chrono_literals;

constexpr auto kPause = 50ms; // after too many connections, or when there are no descriptors for them

std::optional<Asker> peer_of(int socket) {
	ucred peer;
	socklen_t size = sizeof peer;
	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return std::nullopt;
	return Asker{peer.uid, peer.pid};
}

} // namespace

ControlServer::ControlServer(boost::asio::io_context& io, const std::string& path, ControlTarget& target,
                             ControlLimits limits)
    : target_(target), limits_(limits), file_(path), acceptor_(io), pause_(io),
      requests_(limits.at_once_all, limits.per_second_all),
      connections_(limits.connections_per_second, limits.connections_per_second), refusals_shown_(20, 2) {
	acceptor_.assign(boost::asio::local::stream_protocol(), file_.take_socket().release());
	accept();
}

ControlServer::~ControlServer() {
	for (const auto& client : clients_)
		client->close();
}

// One at a time: a crowd that connects does not keep the loop.
void ControlServer::accept() {
	acceptor_.async_accept([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& failed, Socket socket) {
		if (alive.expired())
			return;
		if (!failed)
			take(std::move(socket));
		if (failed || !connections_.take(std::chrono::steady_clock::now()))
			pause();
		else
			accept();
	});
}

void ControlServer::pause() {
	pause_.expires_after(kPause);
	pause_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code&) {
		if (!alive.expired())
			accept();
	});
}

void ControlServer::take(Socket socket) {
	boost::system::error_code failed;
	socket.non_blocking(true, failed);
	const std::optional<Asker> asker = peer_of(socket.native_handle());
	if (failed || !asker)
		return;
	const auto client = std::make_shared<Client>(*this, std::move(socket), *asker);
	const auto others = std::count_if(clients_.begin(), clients_.end(), [](const auto& each) { return !each->is_privileged(); });
	if (clients_.size() >= limits_.clients ||
	    (!client->is_privileged() && static_cast<std::size_t>(others) >= limits_.others)) {
		client->turn_away();
		if (!std::exchange(said_full_, true))
			log_warning("control: clients are turned away: " + std::to_string(clients_.size()) + " connected already");
		return;
	}
	clients_.insert(client);
	client->start();
}

void ControlServer::forget(const std::shared_ptr<Client>& client) {
	clients_.erase(client);
	if (clients_.size() < limits_.others / 2)
		said_full_ = false;
}

bool ControlServer::may_go_on() { return requests_.take(std::chrono::steady_clock::now()); }

// Whatever has changed is said; of what was refused, some: anybody may be refused as often as he likes.
void ControlServer::note(const Asker& asker, const std::string& change, bool refused) {
	if (refused && !refusals_shown_.take(std::chrono::steady_clock::now()))
		return;
	std::string text = "control: user " + std::to_string(asker.uid) + ", process " + std::to_string(asker.pid) + ": " + change;
	if (const uint64_t hidden = refused ? refusals_shown_.take_refused() : 0; hidden > 0)
		text += " (" + std::to_string(hidden) + " more refusals were not shown)";
	log_info(text);
}

} // namespace tmon
