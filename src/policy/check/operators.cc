// SPDX-License-Identifier: Apache-2.0
#include "policy/check/operators.h"

#include <array>
#include <vector>

#include "base/diagnostics.h"

namespace tripline::policy {
namespace {

// Types that take the same operators.
enum class Row {
  kWord,    // 32 and 64-bit integers
  kNarrow,  // other integers: no CelExpr
  kCapabilities,
  kString,
  kFile,  // knows the type of its inode
  kPath,
  kUnixAddress,
  kConnection,
  kPacket,
  kAddress,
  kOpaque,
};

// Operators that take the same types.
enum class Column {
  kEquality,
  kOrder,
  kMask,
  kMap,
  kRange,
  kPrefix,
  kPostfix,
  kSubString,
  kFileType,
  kLocal,   // SAddr, SPort and so on
  kRemote,  // DAddr, DPort, Protocol
  kFamily,
  kState,
  kGained,
  kCel,
};

Row row_of(DeclaredType type) {
  using enum DeclaredType;
  switch (type) {
    case kInt:
    case kInt32:
    case kUint32:
    case kInt64:
    case kUint64:
      return Row::kWord;
    case kInt8:
    case kUint8:
    case kInt16:
    case kUint16:
    case kSizeT:
    case kSyscall64:
      return Row::kNarrow;
    case kKernelCapT:
    case kCapInheritable:
    case kCapPermitted:
    case kCapEffective:
      return Row::kCapabilities;
    case kString:
    case kCharBuf:
    case kDataLoc:
    case kNetDevice:
      return Row::kString;
    case kFile:
    case kPath:
      return Row::kFile;
    case kFd:
    case kDentry:
    case kLinuxBinprm:
      return Row::kPath;
    case kSockaddrUn:
      return Row::kUnixAddress;
    case kSock:
    case kSocket:
      return Row::kConnection;
    case kSkb:
      return Row::kPacket;
    case kSockaddr:
      return Row::kAddress;
    case kFilename:
    case kKiocb:
    case kCharIovec:
    case kIovIter:
    case kConstBuf:
    case kCapability:
    case kCred:
    case kUserNamespace:
    case kLoadInfo:
    case kModule:
    case kBpfAttr:
    case kBpfProg:
    case kBpfMap:
    case kPerfEvent:
    case kBpfCmd:
    case kNop:
    case kAuto:
      return Row::kOpaque;
  }
  return Row::kOpaque;
}

Column column_of(Operator op) {
  using enum Operator;
  switch (op) {
    case kEqual:
    case kNotEqual:
      return Column::kEquality;
    case kGt:
    case kLt:
      return Column::kOrder;
    case kMask:
      return Column::kMask;
    case kInMap:
    case kNotInMap:
      return Column::kMap;
    case kInRange:
    case kNotInRange:
      return Column::kRange;
    case kPrefix:
    case kNotPrefix:
      return Column::kPrefix;
    case kPostfix:
    case kNotPostfix:
      return Column::kPostfix;
    case kSubString:
    case kSubStringIgnCase:
      return Column::kSubString;
    case kFileType:
    case kNotFileType:
      return Column::kFileType;
    case kSAddr:
    case kNotSAddr:
    case kSPort:
    case kNotSPort:
    case kSPortPriv:
    case kNotSPortPriv:
      return Column::kLocal;
    case kDAddr:
    case kNotDAddr:
    case kDPort:
    case kNotDPort:
    case kDPortPriv:
    case kNotDPortPriv:
    case kProtocol:
      return Column::kRemote;
    case kFamily:
      return Column::kFamily;
    case kState:
      return Column::kState;
    case kCapabilitiesGained:
      return Column::kGained;
    case kCelExpr:
      return Column::kCel;
  }
  return Column::kEquality;
}

// One character for each column: Y works, n never matches, a always matches, - refused.
//    equality order mask map range prefix postfix substring filetype local remote family state gained cel
constexpr std::array<std::string_view, 11> kTable = {
    "YYYYYnnn------Y",  // kWord
    "YYYYYnnn-------",  // kNarrow
    "YYY--nnn-----Y-",  // kCapabilities
    "Y----YYY-------",  // kString
    "Y----YYYY------",  // kFile
    "Y----YYY-------",  // kPath
    "Y----YnY---Y---",  // kUnixAddress
    "-----nnn-YYYY--",  // kConnection
    "-----nnn-YYYn--",  // kPacket
    "-----nnn-Y-Y---",  // kAddress
    "-----aaa-------",  // kOpaque
};

}  // namespace

Use use_of(Operator op, DeclaredType type) {
  switch (kTable[static_cast<size_t>(row_of(type))][static_cast<size_t>(column_of(op))]) {
    case 'Y':
      return Use::kWorks;
    case 'n':
      return Use::kNever;
    case 'a':
      return Use::kAlways;
    default:
      return Use::kRefused;
  }
}

std::string operators_for(DeclaredType type) {
  std::vector<std::string_view> names;
  for (size_t i = 0; i < Words<Operator>::all.size(); ++i) {
    if (use_of(static_cast<Operator>(i), type) == Use::kWorks) names.push_back(Words<Operator>::all[i]);
  }
  return listed(names);
}

}  // namespace tripline::policy
