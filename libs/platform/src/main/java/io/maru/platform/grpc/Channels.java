package io.maru.platform.grpc;

import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.quarkus.grpc.api.ChannelBuilderCustomizer;
import io.quarkus.grpc.runtime.config.GrpcClientConfiguration;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** How every service holds the channels to its neighbours. */
@ApplicationScoped
public class Channels implements ChannelBuilderCustomizer<NettyChannelBuilder> {
    private static final long KEEPALIVE_SECONDS = 30;

    /** A neighbour's machine that is gone without a word is noticed while a call waits for it. */
    @Override
    public Map<String, Object> customize(String name, GrpcClientConfiguration config, NettyChannelBuilder builder) {
        builder.keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS);
        return Map.of();
    }

    /**
     * Has a channel that lost its connection try again now. Left alone it waits up to two minutes after a long outage, and no
     * setting of gRPC makes that shorter.
     */
    public static void wake(Channel channel) {
        if (channel instanceof ManagedChannel managed
                && managed.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
            managed.resetConnectBackoff();
        }
    }
}
