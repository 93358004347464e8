package io.maru.platform.caller;

import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.maru.options.v1.Options;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.GrpcErrors;
import io.maru.platform.error.Refusal;
import io.maru.platform.name.ResourceName;
import io.maru.platform.wiring.PlatformConfig;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.function.Function;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The one place where a caller gets a name: whoever comes in by gRPC passes here, and has the permission that the method
 * states in its contract or is refused.
 */
@GlobalInterceptor
@ApplicationScoped
public class CallerInterceptor implements ServerInterceptor {
    private final Function<Metadata, Caller> door;
    private final String domain;

    @Inject
    public CallerInterceptor(
            PlatformConfig config, @ConfigProperty(name = "quarkus.application.name") String application) {
        this(
                config.caller().trustForwarded() ? CallerInterceptor::forwarded : headers -> Caller.anonymous(),
                GrpcErrors.domain(application));
    }

    /** @param door who somebody with such headers is; refuses whom it does not let in */
    CallerInterceptor(Function<Metadata, Caller> door, String domain) {
        this.door = door;
        this.domain = domain;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        try {
            Caller caller = door.apply(headers);
            String permission = permission(call.getMethodDescriptor());
            if (!caller.may(permission)) {
                throw CommonReason.PERMISSION_DENIED.because(
                        "%s: you have no permission for it (expected: %s)",
                        call.getMethodDescriptor().getFullMethodName(), permission);
            }
            return Contexts.interceptCall(caller.context(), call, headers, next);
        } catch (Refusal e) {
            StatusRuntimeException error = GrpcErrors.toStatus(domain, e);
            call.close(error.getStatus(), error.getTrailers());
            return new ServerCall.Listener<>() {};
        }
    }

    /** Whoever asks in the name of another is believed; who names nobody is anonymous. */
    static Caller forwarded(Metadata headers) {
        String workspace = headers.get(CallerForwarding.WORKSPACE);
        String subject = headers.get(CallerForwarding.SUBJECT);
        if (workspace == null) {
            return Caller.anonymous();
        }
        if (!ResourceName.isId(workspace)) {
            throw CommonReason.PERMISSION_DENIED.because("there is no such workspace (expected: one of yours)");
        }
        return Caller.forwarded(subject == null ? Caller.anonymous().subject() : subject, workspace);
    }

    /** What the contract says; empty for methods that are not Maru's, health and reflection. */
    private static String permission(MethodDescriptor<?, ?> method) {
        return method.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier schema
                ? schema.getMethodDescriptor().getOptions().getExtension(Options.permission)
                : "";
    }
}
