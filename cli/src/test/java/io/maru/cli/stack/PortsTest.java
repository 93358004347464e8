package io.maru.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.cli.CommandFailure;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import org.junit.jupiter.api.Test;

class PortsTest {
    @Test
    void noTwoServersShareAPort() {
        assertThat(new HashSet<>(new Ports(20_000).byName().values())).hasSize(10);
    }

    @Test
    void namesTheServerWhosePortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Ports ports = new Ports(taken.getLocalPort() - 3);
            assertThatThrownBy(ports::checkFree)
                    .isInstanceOf(CommandFailure.class)
                    .hasMessageContaining("training port " + taken.getLocalPort())
                    .hasMessageContaining("--port-base");
        }
    }

    @Test
    void refusesAFirstPortThatLeavesNoRoom() {
        assertThatThrownBy(() -> new Ports(65_500)).hasMessageContaining("port-base: 65500 (expected: 1024 to ");
        assertThatThrownBy(() -> new Ports(80)).hasMessageContaining("port-base: 80");
    }
}
