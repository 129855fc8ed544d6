/** What goes wrong in the game: its exceptions, with their stacks, innermost call first. */
import type { EventRecord } from '@tacho/protocol';
import type { Dice } from '../dice.ts';
import type { Machine } from '../machines.ts';
import { exceptionRecord } from '../performance.ts';

const loaderThread = [
  'Loader::RunJob(JobHandle) at src/loader/loader.cpp:231',
  'JobSystem::WorkerMain(uint32_t) at src/core/job_system.cpp:188',
  'std::thread::_Invoker<JobSystem::Start> at /usr/include/c++/13/bits/std_thread.h:292',
];

const mainThread = [
  'Game::Tick(FrameTime) at src/game/game.cpp:517',
  'Engine::RunFrame() at src/engine/engine.cpp:302',
  'main at src/main.cpp:88',
];

/** An asset did not come in time. */
export function assetTimeout(asset: string, waitedMs: number, retry: number): EventRecord {
  return exceptionRecord(
    {
      type: 'AssetTimeoutError',
      message: `${asset} was not ready after ${waitedMs} ms`,
      stack: [
        'AssetRequest::WaitFor(std::chrono::milliseconds) at src/assets/asset_request.cpp:144',
        'MeshCooker::AcquireSource(AssetId) at src/assets/mesh_cooker.cpp:97',
        'MeshCooker::Cook(AssetId, CookFlags) at src/assets/mesh_cooker.cpp:266',
        ...loaderThread,
      ],
      group: 'assets.loader',
    },
    { data: { asset, waited_ms: waitedMs, retry } },
  );
}

/** A bank of sounds is missing: nobody hears anything. */
export function soundBankMissing(bank: string): EventRecord {
  return exceptionRecord(
    {
      type: 'SoundBankMissing',
      message: `bank ${bank}.bnk is not in any mounted package`,
      stack: [
        'SoundBankCache::Open(BankId) at src/audio/sound_bank_cache.cpp:73',
        'AudioSystem::LoadBank(std::string_view) at src/audio/audio_system.cpp:211',
        'Zone::StartAmbience() at src/world/zone.cpp:348',
        ...mainThread,
      ],
      group: 'audio',
    },
    { data: { bank } },
  );
}

/** A driver refuses a shader. */
export function shaderCompileError(shader: string, { gpu }: Machine): EventRecord {
  return exceptionRecord(
    {
      type: 'ShaderCompileError',
      message: `${shader}: 'gl_SubgroupInvocationID' : undeclared identifier`,
      stack: [
        'ShaderCompiler::Compile(ShaderSource, TargetProfile) at src/render/shader_compiler.cpp:158',
        'PipelineCache::Build(PipelineKey) at src/render/pipeline_cache.cpp:402',
        'RenderGraph::Prewarm(ZoneId) at src/render/render_graph.cpp:619',
        ...loaderThread,
      ],
      group: 'render.shaders',
    },
    { data: { shader, driver: gpu?.driver ?? '' } },
  );
}

/** The handler of fatal signals wrote down where it was. */
export function segfault(thread: string, address: string): EventRecord {
  return exceptionRecord(
    {
      type: 'SIGSEGV',
      message: `invalid read at ${address} in ${thread}`,
      stack: [
        'MeshCooker::WeldVertices(Span<Vertex>, float) at src/assets/mesh_cooker.cpp:412',
        'MeshCooker::BuildLods(MeshSource const&) at src/assets/mesh_cooker.cpp:351',
        'MeshCooker::Cook(AssetId, CookFlags) at src/assets/mesh_cooker.cpp:281',
        ...loaderThread,
      ],
      group: 'crash_handler',
    },
    { name: 'fatal_signal', level: 'critical', data: { signal: 'SIGSEGV', thread, address } },
  );
}

/** A crash that old versions have as well. */
export function physicsSegfault(address: string): EventRecord {
  return exceptionRecord(
    {
      type: 'SIGSEGV',
      message: `invalid write at ${address} in main`,
      stack: [
        'ContactSolver::Warmstart(ContactManifold&) at src/physics/contact_solver.cpp:229',
        'PhysicsWorld::Step(float) at src/physics/physics_world.cpp:164',
        ...mainThread,
      ],
      group: 'crash_handler',
    },
    {
      name: 'fatal_signal',
      level: 'critical',
      data: { signal: 'SIGSEGV', thread: 'main', address },
    },
  );
}

/** Nobody caught it. */
export function uncaughtSave(slot: number, dice: Dice): EventRecord {
  const cause = dice.pick(['No space left on device', 'Permission denied']);
  return exceptionRecord(
    {
      type: 'SaveGameError',
      message: `slot ${slot}: write failed: ${cause}`,
      stack: [
        'SaveWriter::Flush() at src/save/save_writer.cpp:132',
        'SaveGame::Write(SlotId, WorldSnapshot const&) at src/save/save_game.cpp:77',
        'AutosaveTask::Run() at src/save/autosave.cpp:41',
        ...mainThread,
      ],
      group: 'save',
    },
    { name: 'uncaught_exception', level: 'critical', data: { slot } },
  );
}
