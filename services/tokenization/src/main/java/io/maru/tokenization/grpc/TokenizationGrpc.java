package io.maru.tokenization.grpc;

import static io.maru.tokenization.grpc.TokenizationMapping.datasetName;
import static io.maru.tokenization.grpc.TokenizationMapping.tokenizerName;

import io.grpc.ServerServiceDefinition;
import io.maru.platform.caller.Caller;
import io.maru.platform.grpc.CheckedRequests;
import io.maru.platform.grpc.Page;
import io.maru.platform.grpc.Watch;
import io.maru.tokenization.app.CallTimes;
import io.maru.tokenization.app.Datasets;
import io.maru.tokenization.app.TextCoding;
import io.maru.tokenization.app.TokenizerImports;
import io.maru.tokenization.app.Tokenizers;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.v1.CancelDatasetRequest;
import io.maru.tokenization.v1.CancelTokenizerRequest;
import io.maru.tokenization.v1.CheckDatasetSpecRequest;
import io.maru.tokenization.v1.CheckDatasetSpecResponse;
import io.maru.tokenization.v1.CheckTokenizerSpecRequest;
import io.maru.tokenization.v1.CheckTokenizerSpecResponse;
import io.maru.tokenization.v1.CreateDatasetRequest;
import io.maru.tokenization.v1.Dataset;
import io.maru.tokenization.v1.DecodeRequest;
import io.maru.tokenization.v1.DecodeResponse;
import io.maru.tokenization.v1.EncodeRequest;
import io.maru.tokenization.v1.EncodeResponse;
import io.maru.tokenization.v1.GetDatasetRequest;
import io.maru.tokenization.v1.GetTokenizerReportRequest;
import io.maru.tokenization.v1.GetTokenizerRequest;
import io.maru.tokenization.v1.ImportTokenizerRequest;
import io.maru.tokenization.v1.ListDatasetsRequest;
import io.maru.tokenization.v1.ListDatasetsResponse;
import io.maru.tokenization.v1.ListTokenizersRequest;
import io.maru.tokenization.v1.ListTokenizersResponse;
import io.maru.tokenization.v1.MutinyTokenizationServiceGrpc;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.tokenization.v1.TokenizerReport;
import io.maru.tokenization.v1.TrainTokenizerRequest;
import io.maru.tokenization.v1.WatchDatasetRequest;
import io.maru.tokenization.v1.WatchTokenizerRequest;
import io.quarkus.grpc.GrpcService;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.Arrays;

/** Tokenization's front door. */
@GrpcService
class TokenizationGrpc extends MutinyTokenizationServiceGrpc.TokenizationServiceImplBase {
    private final Tokenizers tokenizers;
    private final TokenizerImports imports;
    private final Datasets datasets;
    private final TextCoding coding;
    private final CallTimes times;

    TokenizationGrpc(
            Tokenizers tokenizers, TokenizerImports imports, Datasets datasets, TextCoding coding, CallTimes times) {
        this.tokenizers = tokenizers;
        this.imports = imports;
        this.datasets = datasets;
        this.coding = coding;
        this.times = times;
    }

    @Override
    public ServerServiceDefinition bindService() {
        return CheckedRequests.of(super.bindService());
    }

    @Override
    @Blocking
    public Uni<Tokenizer> trainTokenizer(TrainTokenizerRequest request) {
        return answer(tokenizers.train(TokenizationMapping.toDomain(request)));
    }

    @Override
    public Uni<CheckTokenizerSpecResponse> checkTokenizerSpec(CheckTokenizerSpecRequest request) {
        return Uni.createFrom()
                .item(CheckTokenizerSpecResponse.newBuilder()
                        .setSpec(TokenizationMapping.checked(request.getSpec()))
                        .build());
    }

    @Override
    @Blocking
    public Uni<Tokenizer> getTokenizer(GetTokenizerRequest request) {
        return answer(tokenizers.get(tokenizerName("name", request.getName())));
    }

    @Override
    @Blocking
    public Uni<ListTokenizersResponse> listTokenizers(ListTokenizersRequest request) {
        Page page = Page.of(request.getPageSize(), request.getPageToken());
        var result = page.cut(
                tokenizers.list(Caller.current().workspace(), page.after(), page.size() + 1),
                io.maru.tokenization.domain.Tokenizer::sequence);
        return Uni.createFrom()
                .item(ListTokenizersResponse.newBuilder()
                        .addAllTokenizers(result.items().stream()
                                .map(TokenizationMapping::toProto)
                                .toList())
                        .setNextPageToken(result.nextToken())
                        .build());
    }

    @Override
    public Multi<Tokenizer> watchTokenizer(WatchTokenizerRequest request) {
        String name = tokenizerName("name", request.getName());
        return Watch.resource(
                        request.getAfterRevision(),
                        times.watchInterval(),
                        () -> tokenizers.get(name),
                        io.maru.tokenization.domain.Tokenizer::revision,
                        tokenizer -> tokenizer.state().isFinal())
                .map(TokenizationMapping::toProto);
    }

    @Override
    @Blocking
    public Uni<Tokenizer> cancelTokenizer(CancelTokenizerRequest request) {
        return answer(tokenizers.cancel(tokenizerName("name", request.getName())));
    }

    /** Each message is dealt with on the thread that brings it, so a sender that is too fast waits. */
    @Override
    @Blocking
    public Uni<Tokenizer> importTokenizer(Multi<ImportTokenizerRequest> parts) {
        ImportStream stream = new ImportStream(imports, Caller.current());
        return parts.ifNoItem()
                .after(times.maxSilence())
                .failWith(() -> TokenizationReason.IMPORT_IDLE.because(
                        "import: nothing for %d ms (expected: the next message before that)",
                        times.maxSilence().toMillis()))
                .invoke(stream::accept)
                .collect()
                .last()
                .map(last -> stream.register())
                .onTermination()
                .invoke(stream::close)
                .map(TokenizationMapping::toProto);
    }

    @Override
    @Blocking
    public Uni<TokenizerReport> getTokenizerReport(GetTokenizerReportRequest request) {
        String name = tokenizerName("name", request.getName());
        return Uni.createFrom().item(TokenizationMapping.toProto(name, tokenizers.report(name)));
    }

    @Override
    @Blocking
    public Uni<Dataset> createDataset(CreateDatasetRequest request) {
        return answer(datasets.create(TokenizationMapping.toDomain(request)));
    }

    @Override
    public Uni<CheckDatasetSpecResponse> checkDatasetSpec(CheckDatasetSpecRequest request) {
        return Uni.createFrom()
                .item(CheckDatasetSpecResponse.newBuilder()
                        .setSpec(TokenizationMapping.checked(request.getSpec()))
                        .build());
    }

    @Override
    @Blocking
    public Uni<Dataset> getDataset(GetDatasetRequest request) {
        return answer(datasets.get(datasetName("name", request.getName())));
    }

    @Override
    @Blocking
    public Uni<ListDatasetsResponse> listDatasets(ListDatasetsRequest request) {
        Page page = Page.of(request.getPageSize(), request.getPageToken());
        var result = page.cut(
                datasets.list(Caller.current().workspace(), page.after(), page.size() + 1),
                io.maru.tokenization.domain.Dataset::sequence);
        return Uni.createFrom()
                .item(ListDatasetsResponse.newBuilder()
                        .addAllDatasets(result.items().stream()
                                .map(TokenizationMapping::toProto)
                                .toList())
                        .setNextPageToken(result.nextToken())
                        .build());
    }

    @Override
    public Multi<Dataset> watchDataset(WatchDatasetRequest request) {
        String name = datasetName("name", request.getName());
        return Watch.resource(
                        request.getAfterRevision(),
                        times.watchInterval(),
                        () -> datasets.get(name),
                        io.maru.tokenization.domain.Dataset::revision,
                        dataset -> dataset.state().isFinal())
                .map(TokenizationMapping::toProto);
    }

    @Override
    @Blocking
    public Uni<Dataset> cancelDataset(CancelDatasetRequest request) {
        return answer(datasets.cancel(datasetName("name", request.getName())));
    }

    @Override
    @Blocking
    public Uni<EncodeResponse> encode(EncodeRequest request) {
        int[] ids = coding.encode(
                tokenizerName("tokenizer", request.getTokenizer()),
                request.getText(),
                TokenizationMapping.toDomain(request.getSpecialTokens()),
                request.getTemplate());
        return Uni.createFrom()
                .item(EncodeResponse.newBuilder()
                        .addAllIds(Arrays.stream(ids).boxed().toList())
                        .build());
    }

    @Override
    @Blocking
    public Uni<DecodeResponse> decode(DecodeRequest request) {
        int[] ids = request.getIdsList().stream().mapToInt(Integer::intValue).toArray();
        String text = coding.decode(tokenizerName("tokenizer", request.getTokenizer()), ids);
        return Uni.createFrom().item(DecodeResponse.newBuilder().setText(text).build());
    }

    private static Uni<Tokenizer> answer(io.maru.tokenization.domain.Tokenizer tokenizer) {
        return Uni.createFrom().item(TokenizationMapping.toProto(tokenizer));
    }

    private static Uni<Dataset> answer(io.maru.tokenization.domain.Dataset dataset) {
        return Uni.createFrom().item(TokenizationMapping.toProto(dataset));
    }
}
