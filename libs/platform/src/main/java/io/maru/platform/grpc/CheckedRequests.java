package io.maru.platform.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.GrpcErrors;
import io.maru.platform.error.Refusal;
import io.maru.platform.error.Violations;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A service that no request reaches which is no message of its type, or whose strings break {@link RequestText}'s rules:
 * the caller is told the field, by INVALID_ARGUMENT.
 *
 * <p>An interceptor comes too late for that: a message is parsed before it sees any, and what parsing throws is lost, so
 * that the caller waits for ever. So parsing here gives the message or what is wrong with it, and the handler closes the call.
 */
public final class CheckedRequests {
    private CheckedRequests() {}

    /** For {@code bindService} of a service of Maru, whose errors have the domain that its package says. */
    public static ServerServiceDefinition of(ServerServiceDefinition service) {
        String domain = domain(service.getServiceDescriptor().getName());
        List<ServerMethodDefinition<?, ?>> methods = new ArrayList<>();
        for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
            methods.add(checked(method, domain));
        }
        ServiceDescriptor.Builder descriptor = ServiceDescriptor.newBuilder(
                        service.getServiceDescriptor().getName())
                .setSchemaDescriptor(service.getServiceDescriptor().getSchemaDescriptor());
        methods.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
        ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(descriptor.build());
        methods.forEach(definition::addMethod);
        return definition.build();
    }

    /** {@code maru.training} of {@code maru.training.v1.TrainingService}. */
    private static String domain(String service) {
        return service.substring(0, service.lastIndexOf('.', service.lastIndexOf('.') - 1));
    }

    private static <Q, A> ServerMethodDefinition<?, ?> checked(ServerMethodDefinition<Q, A> definition, String domain) {
        MethodDescriptor<Q, A> method = definition.getMethodDescriptor();
        if (!(method.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier schema)) {
            return definition;
        }
        Descriptor type = schema.getMethodDescriptor().getInputType();
        MethodDescriptor<Arrival<Q>, A> arriving = method.toBuilder(
                        new Arrivals<>(method.getRequestMarshaller(), type), method.getResponseMarshaller())
                .build();
        return ServerMethodDefinition.create(arriving, new Door<>(definition.getServerCallHandler(), method, domain));
    }

    /** A request as it came: the message, or what is wrong with it. */
    private record Arrival<Q>(Optional<Q> message, Optional<Refusal> fault) {}

    private record Arrivals<Q>(MethodDescriptor.Marshaller<Q> messages, Descriptor type)
            implements MethodDescriptor.Marshaller<Arrival<Q>> {
        @Override
        public InputStream stream(Arrival<Q> arrival) {
            return messages.stream(arrival.message().orElseThrow());
        }

        @Override
        public Arrival<Q> parse(InputStream wire) {
            if (wire.markSupported()) {
                wire.mark(Integer.MAX_VALUE);
            }
            Q message;
            try {
                message = messages.parse(wire);
            } catch (StatusRuntimeException e) {
                if (e.getCause() instanceof InvalidProtocolBufferException) {
                    return new Arrival<>(Optional.empty(), Optional.of(malformed(wire)));
                }
                throw e;
            }
            Violations violations = new Violations();
            RequestText.check((Message) message, violations);
            return violations.isEmpty()
                    ? new Arrival<>(Optional.of(message), Optional.empty())
                    : new Arrival<>(
                            Optional.empty(),
                            Optional.of(new Refusal(CommonReason.INVALID_ARGUMENT, violations.list())));
        }

        /** Protobuf does not say which field it could not read, so the message is looked through once more. */
        private Refusal malformed(InputStream wire) {
            try {
                if (wire.markSupported()) {
                    wire.reset();
                    Optional<String> path = RequestText.pathOfMalformed(type, ByteString.readFrom(wire));
                    if (path.isPresent()) {
                        Violations violations = new Violations();
                        violations.add(path.get(), "bytes that are no text", "UTF-8");
                        return new Refusal(CommonReason.INVALID_ARGUMENT, violations.list());
                    }
                }
            } catch (IOException e) {
                // The bytes are no protobuf at all, which is what the sentence below says.
                return unreadable();
            }
            return unreadable();
        }

        private Refusal unreadable() {
            return CommonReason.INVALID_ARGUMENT.because(
                    "request: bytes that cannot be read (expected: a %s of Protocol Buffers)", type.getFullName());
        }
    }

    private record Door<Q, A>(ServerCallHandler<Q, A> inside, MethodDescriptor<Q, A> method, String domain)
            implements ServerCallHandler<Arrival<Q>, A> {
        @Override
        public ServerCall.Listener<Arrival<Q>> startCall(ServerCall<Arrival<Q>, A> call, Metadata headers) {
            InsideCall<Q, A> insideCall = new InsideCall<>(call, method);
            ServerCall.Listener<Q> listener = inside.startCall(insideCall, headers);
            return new ServerCall.Listener<>() {
                private boolean refused;

                @Override
                public void onMessage(Arrival<Q> arrival) {
                    if (refused) {
                        return;
                    }
                    if (arrival.fault().isEmpty()) {
                        listener.onMessage(arrival.message().orElseThrow());
                        return;
                    }
                    refused = true;
                    StatusRuntimeException error =
                            GrpcErrors.toStatus(domain, arrival.fault().get());
                    insideCall.close(error.getStatus(), error.getTrailers());
                    // To the service it is as if its caller had gone: it lets go of what it holds.
                    listener.onCancel();
                }

                @Override
                public void onHalfClose() {
                    if (!refused) {
                        listener.onHalfClose();
                    }
                }

                @Override
                public void onCancel() {
                    if (!refused) {
                        listener.onCancel();
                    }
                }

                @Override
                public void onComplete() {
                    if (!refused) {
                        listener.onComplete();
                    }
                }

                @Override
                public void onReady() {
                    if (!refused) {
                        listener.onReady();
                    }
                }
            };
        }
    }

    /** The call as the service knows it, which is closed once: by the service or by its door. */
    private static final class InsideCall<Q, A> extends ServerCall<Q, A> {
        private final ServerCall<Arrival<Q>, A> call;
        private final MethodDescriptor<Q, A> method;
        private final AtomicBoolean closed = new AtomicBoolean();

        InsideCall(ServerCall<Arrival<Q>, A> call, MethodDescriptor<Q, A> method) {
            this.call = call;
            this.method = method;
        }

        @Override
        public void close(Status status, Metadata trailers) {
            if (closed.compareAndSet(false, true)) {
                call.close(status, trailers);
            }
        }

        @Override
        public void sendHeaders(Metadata headers) {
            if (!closed.get()) {
                call.sendHeaders(headers);
            }
        }

        @Override
        public void sendMessage(A message) {
            if (!closed.get()) {
                call.sendMessage(message);
            }
        }

        @Override
        public void request(int messages) {
            call.request(messages);
        }

        @Override
        public boolean isReady() {
            return call.isReady();
        }

        @Override
        public boolean isCancelled() {
            return call.isCancelled();
        }

        @Override
        public void setOnReadyThreshold(int bytes) {
            call.setOnReadyThreshold(bytes);
        }

        @Override
        public void setMessageCompression(boolean enabled) {
            call.setMessageCompression(enabled);
        }

        @Override
        public void setCompression(String compressor) {
            call.setCompression(compressor);
        }

        @Override
        public SecurityLevel getSecurityLevel() {
            return call.getSecurityLevel();
        }

        @Override
        public Attributes getAttributes() {
            return call.getAttributes();
        }

        @Override
        public String getAuthority() {
            return call.getAuthority();
        }

        @Override
        public MethodDescriptor<Q, A> getMethodDescriptor() {
            return method;
        }
    }
}
