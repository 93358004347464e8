package io.maru.cli.run;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.nio.file.Path;

/** Adds the log file's name to the answer of a service in which something broke: such an answer tells nothing of its inside. */
final class LogNaming implements ClientInterceptor {
    private final Path log;

    LogNaming(Path log) {
        this.log = log;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
            @Override
            public void start(Listener<A> listener, Metadata headers) {
                super.start(
                        new SimpleForwardingClientCallListener<>(listener) {
                            @Override
                            public void onClose(Status status, Metadata trailers) {
                                super.onClose(named(status), trailers);
                            }
                        },
                        headers);
            }
        };
    }

    Status named(Status status) {
        return switch (status.getCode()) {
            case INTERNAL, UNKNOWN -> status.withDescription("something broke inside; " + log + " has it");
            default -> status;
        };
    }
}
