package io.maru.platform.caller;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;

/** Tells a neighbour in whose name a call is made. */
@GlobalInterceptor
@ApplicationScoped
public class CallerForwarding implements ClientInterceptor {
    static final Metadata.Key<String> SUBJECT = Metadata.Key.of("maru-subject", Metadata.ASCII_STRING_MARSHALLER);
    static final Metadata.Key<String> WORKSPACE = Metadata.Key.of("maru-workspace", Metadata.ASCII_STRING_MARSHALLER);

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        Caller caller = Caller.current();
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
            @Override
            public void start(Listener<A> listener, Metadata headers) {
                headers.put(SUBJECT, caller.subject());
                headers.put(WORKSPACE, caller.workspace());
                super.start(listener, headers);
            }
        };
    }
}
