package io.maru.cli.run;

import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.maru.checkpoint.v1.CheckpointServiceGrpc;
import io.maru.checkpoint.v1.CheckpointServiceGrpc.CheckpointServiceBlockingStub;
import io.maru.checkpoint.v1.CheckpointServiceGrpc.CheckpointServiceStub;
import io.maru.cli.stack.Ports;
import io.maru.cli.stack.Service;
import io.maru.cli.stack.Stack;
import io.maru.control.v1.ControlServiceGrpc;
import io.maru.control.v1.ControlServiceGrpc.ControlServiceBlockingStub;
import io.maru.inference.v1.InferenceServiceGrpc;
import io.maru.inference.v1.InferenceServiceGrpc.InferenceServiceBlockingStub;
import io.maru.ingestion.v1.IngestionServiceGrpc;
import io.maru.ingestion.v1.IngestionServiceGrpc.IngestionServiceBlockingStub;
import io.maru.ingestion.v1.IngestionServiceGrpc.IngestionServiceStub;
import io.maru.tokenization.v1.TokenizationServiceGrpc;
import io.maru.tokenization.v1.TokenizationServiceGrpc.TokenizationServiceBlockingStub;
import io.maru.tokenization.v1.TokenizationServiceGrpc.TokenizationServiceStub;
import io.maru.training.v1.TrainingServiceGrpc;
import io.maru.training.v1.TrainingServiceGrpc.TrainingServiceBlockingStub;
import java.security.SecureRandom;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Stubs of the services that the commands call. */
public final class Services implements AutoCloseable {
    private static final long DEADLINE_SECONDS = 30;

    private final Stack stack;
    private final Ports ports;
    private final Map<Service, ManagedChannel> channels = new EnumMap<>(Service.class);
    private final ClientInterceptor trace = MetadataUtils.newAttachHeadersInterceptor(traceparent());

    public Services(Stack stack) {
        this.stack = stack;
        this.ports = stack.ports();
    }

    public ControlServiceBlockingStub control() {
        return ControlServiceGrpc.newBlockingStub(channel(Service.CONTROL))
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    /** Without a deadline: a run may take days. */
    public ControlServiceBlockingStub controlStream() {
        return ControlServiceGrpc.newBlockingStub(channel(Service.CONTROL));
    }

    public CheckpointServiceBlockingStub checkpoint() {
        return CheckpointServiceGrpc.newBlockingStub(channel(Service.CHECKPOINT))
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    /** Without a deadline: the files of a large model take their time. */
    public CheckpointServiceBlockingStub checkpointStream() {
        return CheckpointServiceGrpc.newBlockingStub(channel(Service.CHECKPOINT));
    }

    /** For the upload, whose sender must not run ahead of the receiver. */
    public CheckpointServiceStub checkpointUpload() {
        return CheckpointServiceGrpc.newStub(channel(Service.CHECKPOINT));
    }

    public TokenizationServiceBlockingStub tokenization() {
        return TokenizationServiceGrpc.newBlockingStub(channel(Service.TOKENIZATION))
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    /** Without a deadline: a tokenizer may take hours. */
    public TokenizationServiceBlockingStub tokenizationStream() {
        return TokenizationServiceGrpc.newBlockingStub(channel(Service.TOKENIZATION));
    }

    public TrainingServiceBlockingStub training() {
        return TrainingServiceGrpc.newBlockingStub(channel(Service.TRAINING))
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    /** For the import, whose sender must not run ahead of the receiver. */
    public TokenizationServiceStub tokenizationUpload() {
        return TokenizationServiceGrpc.newStub(channel(Service.TOKENIZATION));
    }

    public IngestionServiceBlockingStub corpora() {
        return IngestionServiceGrpc.newBlockingStub(channel(Service.INGESTION))
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    /** Without a deadline: a corpus may take hours. */
    public IngestionServiceBlockingStub corporaStream() {
        return IngestionServiceGrpc.newBlockingStub(channel(Service.INGESTION));
    }

    /** For the upload, whose sender must not run ahead of the receiver. */
    public IngestionServiceStub ingestion() {
        return IngestionServiceGrpc.newStub(channel(Service.INGESTION));
    }

    /** Without a deadline: a long text takes its time. */
    public InferenceServiceBlockingStub inference() {
        return InferenceServiceGrpc.newBlockingStub(channel(Service.INFERENCE));
    }

    private ManagedChannel channel(Service service) {
        return channels.computeIfAbsent(service, s -> {
            stack.awaitReady(s);
            return NettyChannelBuilder.forAddress("127.0.0.1", s.port(ports))
                    .usePlaintext()
                    .intercept(trace, new LogNaming(stack.log(s)))
                    .build();
        });
    }

    /** All calls of one command are one trace (W3C Trace Context), which the services go on with. */
    private static Metadata traceparent() {
        SecureRandom random = new SecureRandom();
        byte[] trace = new byte[16];
        byte[] span = new byte[8];
        random.nextBytes(trace);
        random.nextBytes(span);
        Metadata headers = new Metadata();
        headers.put(
                Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
                "00-" + HexFormat.of().formatHex(trace) + "-" + HexFormat.of().formatHex(span) + "-01");
        return headers;
    }

    @Override
    public void close() {
        channels.values().forEach(ManagedChannel::shutdownNow);
    }
}
